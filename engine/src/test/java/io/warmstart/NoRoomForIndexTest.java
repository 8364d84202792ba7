package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.index.IndexPatch;
import io.warmstart.model.VerifyReport;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A disk that has no room for the index, or for the file that it grows by: lookups go on from the
 * files, saves say that the disk is full or succeed, no JVM dies, and once there is room the index
 * is there.
 */
@Tag("slow")
@Tag("once")
@Timeout(240)
class NoRoomForIndexTest {
  private static final StoreOptions ALONE =
      StoreOptions.defaults().withForeignCheckInterval(Duration.ofDays(100 * 365));

  @TempDir Path parent;

  private Path indexFile(Path root, String name) {
    return root.resolve(".warmstart").resolve(name);
  }

  private ForkedJvm fork(Path root, String flag) throws IOException {
    return ForkedJvm.command(FullDiskChild.class, root.toString())
        .flag(flag)
        .flag("-XX:ErrorFile=" + parent.resolve("death"))
        .start();
  }

  private static Path populated(SmallDisk disk) {
    Path root = disk.path().resolve("root");
    try (WarmStartStore store = WarmStartStore.open(root, ALONE)) {
      FullDiskChild.populate(store);
      store.evictOverflow();
    }
    MappedFiles.awaitNoneUnder(root);
    return root;
  }

  @ParameterizedTest
  @CsvSource({"tmpfs, -XX:+TieredCompilation", "ext4, -Xint"})
  void lookupsGoOnFromFilesAndTheIndexIsMadeWhenThereIsRoom(String kind, String flag)
      throws Exception {
    try (SmallDisk disk = SmallDisk.of(kind, parent, 12)) {
      Path root = populated(disk);
      Path index = indexFile(root, "index");
      Files.delete(index);
      // Not enough for an index, and enough for a few saves.
      disk.fillBut(15_000);
      try (ForkedJvm child = fork(root, flag)) {
        child.awaitLine("full");
        FullDiskChild.awaitWork(child, 2);
        assertFalse(Files.exists(index));

        disk.free();

        Await.until("there is an index", () -> Files.exists(index));
        FullDiskChild.awaitWork(child, 3);
        Map<String, String> versions = end(child, true);
        assertIsAsAcknowledged(root, versions);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"tmpfs, -Xint", "ext4, -XX:+TieredCompilation"})
  void anIndexThatCannotGrowIsGoodForWhatItHas(String kind, String flag) throws Exception {
    try (SmallDisk disk = SmallDisk.of(kind, parent, 12)) {
      Path root = populated(disk);
      IndexPatch.of(root.resolve(".warmstart")).useAllPagesBut(3);
      disk.fillBut(400_000);
      try (ForkedJvm child = fork(root, flag)) {
        FullDiskChild.awaitWork(child, 6);
        assertFalse(Files.exists(indexFile(root, "index-1")));

        disk.free();

        Await.until("there is a second file", () -> Files.exists(indexFile(root, "index-1")));
        FullDiskChild.awaitWork(child, 3);
        Map<String, String> versions = end(child, false);
        assertIsAsAcknowledged(root, versions);
      }
    }
  }

  private Map<String, String> end(ForkedJvm child, boolean wasFull) throws Exception {
    Map<String, String> versions = FullDiskChild.end(child, wasFull);
    assertFalse(Files.exists(parent.resolve("death")), "the JVM died");
    return versions;
  }

  private static void assertIsAsAcknowledged(Path root, Map<String, String> versions)
      throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root, ALONE)) {
      versions.forEach(
          (name, version) -> {
            try (Entry entry = store.lookup(Payloads.key(name)).orElseThrow()) {
              assertEquals(version, Versions.nameOf(entry));
            }
          });
      store.evictOverflow();
      VerifyReport report = store.verify();
      assertTrue(report.clean(), () -> report.problems().toString());
      assertEquals(versions.size(), report.entries());
    }
    // With the store closed: no touch is under way.
    assertEquals(RootFiles.read(root).bytes, IndexPatch.of(root.resolve(".warmstart")).total());
  }
}
