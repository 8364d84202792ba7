package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.io.NioFileOps;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A file system that keeps whole seconds gives two changes within one the same time. What another
 * program did to a key in the rest of the second in which the key was read was never seen.
 */
@Tag("slow")
class CoarseTimesTest {
  private static final Fingerprint KEY = Payloads.key("coarse");
  private static final String RUN = "run";
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final int ATTEMPTS = 10;

  @TempDir Path parent;

  @Test
  void changesWithinASecondAreSeenOnExt4WithSmallInodes() throws IOException {
    try (SmallDisk disk =
        SmallDisk.of("ext4", parent, 16, List.of("-q", "-F", "-I", "128"), "loop")) {
      assertForeignChangeIsSeen(disk.path());
    }
  }

  @Test
  void changesWithinTwoSecondsAreSeenOnVfat() throws IOException {
    try (SmallDisk disk = SmallDisk.of("vfat", parent, 16, List.of(), "loop,umask=077")) {
      assertForeignChangeIsSeen(disk.path());
    }
  }

  private static void assertForeignChangeIsSeen(Path disk) throws IOException {
    NioFileOps ops = new NioFileOps();
    Path root = disk.resolve("root");
    Path workshop = disk.resolve("workshop");
    StoreOptions eager = StoreOptions.defaults().withForeignCheckInterval(Duration.ZERO);
    try (WarmStartStore store = WarmStartStore.open(root, eager)) {
      store.saveOverwrite(KEY, RUN, Versions.payload("first", 60), EntryAttributes.checkpoint());
      Path directory = root.resolve(KEY.toHex());
      Assumptions.assumeTrue(
          ops.changedNanos(directory) % SECOND == 0, "this file system keeps nanoseconds");
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        String before = "before" + attempt;
        String after = "after" + attempt;
        HalfPublished first = overwrite(workshop, root, before);
        awaitBeginningOfSecond();
        publish(first);
        long stamp = ops.changedNanos(directory);
        HalfPublished second = overwrite(workshop, root, after);
        // Longer than the clock's tick, shorter than the file system's.
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(60));
        assertEquals(before, version(store));

        publish(second);

        boolean sameSecond = ops.changedNanos(directory) == stamp;
        assertEquals(after, version(store));
        if (sameSecond) {
          return;
        }
      }
    }
    Assumptions.abort("no two changes came within one tick of the file system's clock");
  }

  private static HalfPublished overwrite(Path workshop, Path root, String version) {
    return HalfPublished.of(workshop, root, KEY, RUN, Versions.payload(version, 60));
  }

  private static void publish(HalfPublished overwrite) throws IOException {
    overwrite.renamePayload();
    overwrite.renameManifest();
  }

  private static void awaitBeginningOfSecond() {
    long even = 2 * SECOND;
    while (TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis()) % even
        > TimeUnit.MILLISECONDS.toNanos(50)) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
  }

  private static String version(WarmStartStore store) {
    try (Entry entry = store.lookup(KEY).orElse(null)) {
      return entry == null ? "nothing" : Versions.nameOf(entry);
    }
  }
}
