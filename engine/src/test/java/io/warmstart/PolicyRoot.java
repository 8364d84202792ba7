package io.warmstart;

import io.warmstart.model.EntryAttributes;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.io.TempDir;

/** A root, and stores on it that name no policy of their own. */
abstract class PolicyRoot {
  static final long GIB = 1L << 30;
  @TempDir Path root;
  final SteppedClock clock = new SteppedClock();
  final StoreOptions unnamed =
      StoreOptions.defaults().withClock(clock).withForeignCheckInterval(Duration.ZERO);

  Path policyFile() {
    return root.resolve(".warmstart").resolve("policy");
  }

  void save(WarmStartStore store, String name, int bytes) {
    clock.advance(Duration.ofSeconds(1));
    store.saveOverwrite(Payloads.key(name), "run", new byte[bytes], EntryAttributes.checkpoint());
  }

  /** As large as wanted, and it takes up nothing: a payload is not read by a sweep. */
  void saveHuge(WarmStartStore store, String name, long bytes) throws IOException {
    save(store, name, 1);
    KeyFiles files = KeyFiles.of(root, Payloads.key(name));
    String manifest = Files.readString(files.manifest("run"));
    try (RandomAccessFile payload = new RandomAccessFile(files.payload("run").toFile(), "rw")) {
      payload.setLength(bytes);
    }
    files.writeManifest(
        "run", manifest.replace("\"payload_bytes\": 1,", "\"payload_bytes\": " + bytes + ","));
  }

  static long entries(WarmStartStore store) {
    return store.inspect().entries();
  }
}
