package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EvictionReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A person who copies {@code .warmstart} along with a root, since the last reboot, copied an index
 * that passed for the new root's own: sweeps went by the bytes and entries of the other one.
 */
class CopiedIndexTest {
  @TempDir Path parent;

  @Test
  void theIndexOfAnotherRootIsNotTakenForOnesOwn() throws IOException {
    StoreOptions options = StoreOptions.defaults().withForeignCheckInterval(Duration.ofDays(1));
    Path original = parent.resolve("original");
    Path copy = parent.resolve("copy");
    try (WarmStartStore store = WarmStartStore.open(original, options)) {
      for (String name : List.of("one", "two", "three")) {
        store.saveOverwrite(
            Payloads.key(name), "run", new byte[1000], EntryAttributes.checkpoint());
      }
      store.evictOverflow();
    }
    Path entry = Path.of(Payloads.key("two").toHex());
    copy(original.resolve(entry), copy.resolve(entry));
    copy(original.resolve(".warmstart"), copy.resolve(".warmstart"));

    try (WarmStartStore store = WarmStartStore.open(copy, options)) {
      EvictionReport report = store.evictOverflow();

      assertEquals(1, report.entriesBefore());
      assertEquals(RootFiles.read(copy).bytes, report.bytesAfter());
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }
}
