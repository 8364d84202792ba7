package io.warmstart;

import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.RemoteOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Two machines that share no root, but a remote: two roots here. */
abstract class RemoteFixture {
  static final Fingerprint KEY = Payloads.key("fit");
  static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path work;
  Path directory;
  RemoteOptions remote;

  @BeforeEach
  void makeRemote() throws Exception {
    directory = Files.createDirectory(work.resolve("remote"));
    // Nothing happens in the background but what the tests ask for.
    remote =
        RemoteOptions.of(directory.toUri())
            .withPushInterval(Duration.ofHours(1))
            .withCheckInterval(Duration.ofMillis(10))
            .withDeadline(LONG)
            .withFlushWait(LONG);
  }

  WarmStartStore machine(String name) {
    return machine(name, remote);
  }

  WarmStartStore machine(String name, RemoteOptions with) {
    return WarmStartStore.open(work.resolve(name), StoreOptions.defaults().withRemote(with));
  }

  static EntryAttributes objective(double value) {
    return EntryAttributes.checkpoint().withObjective(value);
  }

  List<Path> objects() throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  static byte valueOf(Optional<Entry> found) {
    try (Entry entry = found.orElseThrow()) {
      return entry.payload().getByte(0);
    }
  }
}
