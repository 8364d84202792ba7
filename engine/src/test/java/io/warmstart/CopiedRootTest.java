package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.model.VerifyReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A root is copied beside processes at work, on a file system on which a copy shares its blocks: on
 * a full disk each store into what is mapped needs a new block then, and finds none. It is as if
 * the page were gone: no JVM dies, and nothing that was acknowledged is lost.
 */
@Tag("slow")
@Tag("once")
@Timeout(240)
class CopiedRootTest {
  @TempDir Path parent;

  @ParameterizedTest
  @ValueSource(strings = {"-XX:+TieredCompilation", "-Xint"})
  void savesGoOnWhenThereIsRoom(String flag) throws Exception {
    // Smaller ones are refused by mkfs.
    try (SmallDisk disk =
        SmallDisk.of("xfs", parent, 320, List.of("-q", "-f", "-m", "reflink=1"), "loop")) {
      Path root = disk.path().resolve("root");
      try (WarmStartStore store = WarmStartStore.open(root)) {
        FullDiskChild.populate(store);
      }
      try (ForkedJvm child =
          ForkedJvm.command(FullDiskChild.class, root.toString())
              .flag(flag)
              .flag("-XX:ErrorFile=" + parent.resolve("death"))
              .start()) {
        FullDiskChild.awaitWork(child, 3);
        Path copy = disk.path().resolve("copy");
        // A store in between would get blocks for its neighbours, too.
        child.stop();
        Assumptions.assumeTrue(copy(root, copy), "cp shares no blocks here");
        disk.fillBut(0);
        child.goOn();
        child.awaitLine("full");
        FullDiskChild.awaitWork(child, 10);

        disk.free();

        FullDiskChild.awaitWork(child, 10);
        Map<String, String> versions = FullDiskChild.end(child, true);
        assertFalse(Files.exists(parent.resolve("death")), "the JVM died");
        assertIsAsAcknowledged(root, versions);
      }
    }
  }

  private static boolean copy(Path from, Path to) throws IOException, InterruptedException {
    return new ProcessBuilder("cp", "-r", "--reflink=always", from.toString(), to.toString())
            .inheritIO()
            .start()
            .waitFor()
        == 0;
  }

  private static void assertIsAsAcknowledged(Path root, Map<String, String> versions) {
    try (WarmStartStore store = WarmStartStore.open(root)) {
      versions.forEach(
          (name, version) -> {
            try (Entry entry = store.lookup(Payloads.key(name)).orElseThrow()) {
              assertEquals(version, Versions.nameOf(entry));
            }
          });
      VerifyReport report = store.verify();
      assertTrue(report.clean(), () -> report.problems().toString());
      assertEquals(versions.size(), report.entries());
    }
  }
}
