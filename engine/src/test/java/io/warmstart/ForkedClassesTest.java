package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.warmstart.index.ForkedJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An archive that does not fit is passed over in silence, and would be made for nothing. */
@Tag("slow")
class ForkedClassesTest {
  @TempDir Path directory;

  @Test
  void aProcessTakesTheStoresClassesFromTheArchive() throws Exception {
    assumeTrue(
        Files.isRegularFile(Path.of(System.getProperty("warmstart.test.archive", ""))),
        "only Maven makes the archive, where the JVM can");
    Path loads = directory.resolve("loads");
    Path root = directory.resolve("root");

    try (ForkedJvm child =
        ForkedJvm.command(FlagsTest.OpenOnly.class, root.toString())
            .flag("-Xlog:class+load:file=" + loads)
            .start()) {
      assertEquals(root.toString(), child.awaitLine("opened"));
      child.awaitEnd();
    }

    List<String> own =
        Files.readAllLines(loads).stream()
            .filter(line -> line.contains(" io.warmstart.") && !line.contains("$OpenOnly"))
            .toList();
    assertTrue(own.size() > 100, () -> own.toString());
    assertEquals(
        List.of(), own.stream().filter(line -> !line.contains("shared objects file")).toList());
  }
}
