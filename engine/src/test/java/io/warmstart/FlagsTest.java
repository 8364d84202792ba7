package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.engine.JvmFlags;
import io.warmstart.index.ForkedJvm;
import io.warmstart.model.StoreException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The JVM flags stand in one file; what cannot read that file says the same. */
@Tag("slow")
class FlagsTest {
  @TempDir Path root;

  private static List<String> flagsInFile() throws IOException {
    return Files.readAllLines(Path.of(System.getProperty("warmstart.test.jvmflags"))).stream()
        .filter(line -> !line.isBlank() && !line.startsWith("#"))
        .toList();
  }

  @Test
  void theErrorMessageNamesTheFlagsOfTheFile() throws IOException {
    assertEquals(List.of(JvmFlags.REQUIRED), flagsInFile());
  }

  @Test
  void anExecutableJarsManifestExportsTheSame() throws IOException {
    String pom =
        Files.readString(Path.of(System.getProperty("warmstart.test.projectRoot"), "pom.xml"));
    String open = "<warmstart.addExports>";
    int start = pom.indexOf(open) + open.length();
    String exports = pom.substring(start, pom.indexOf('<', start));
    assertEquals(
        flagsInFile(),
        List.of(exports.split(" ", -1)).stream()
            .map(export -> "--add-exports=" + export + "=ALL-UNNAMED")
            .toList());
  }

  @Test
  void theTestsRunWithThem() throws IOException {
    List<String> arguments = ManagementFactory.getRuntimeMXBean().getInputArguments();
    for (String flag : flagsInFile()) {
      assertTrue(arguments.contains(flag), arguments::toString);
    }
  }

  @Test
  void withoutThemOpeningSaysWhichIsMissingAndMakesNothing() throws Exception {
    Path missing = root.resolve("root");
    try (ForkedJvm bare =
        ForkedJvm.command(OpenOnly.class, missing.toString()).withoutProjectFlags().start()) {
      assertEquals(
          "io.warmstart.model.StoreException: the JVM must be started with " + JvmFlags.REQUIRED,
          bare.awaitLine("refused"));
    }
    assertTrue(Files.notExists(missing));
  }

  /** Opens a root, and says what came of it. */
  static final class OpenOnly {
    private OpenOnly() {}

    public static void main(String[] args) {
      try (WarmStartStore store = WarmStartStore.open(Path.of(args[0]))) {
        System.out.println("opened " + store.root());
      } catch (StoreException e) {
        System.out.println("refused " + e);
      }
    }
  }
}
