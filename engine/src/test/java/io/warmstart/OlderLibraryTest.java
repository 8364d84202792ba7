package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.warmstart.index.ForkedJvm;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What else a program depends on may bring older libraries, first on the class path. With Agrona
 * 1.22 to open a store was a NoSuchFieldError.
 */
@Tag("slow")
class OlderLibraryTest {
  private static final Path OLDER =
      Path.of(System.getProperty("warmstart.test.projectRoot"), "engine", "target", "older");

  @TempDir Path root;

  @ParameterizedTest
  @CsvSource({"agrona,1.22.0", "jackson-core,2.12.7"})
  void openingSaysWhichVersionIsThereAndWhichIsNeeded(String library, String version)
      throws Exception {
    Path jar = OLDER.resolve(library + "-" + version + ".jar");
    assumeTrue(Files.exists(jar), "only Maven brings it: " + jar);
    Path missing = root.resolve("root");

    try (ForkedJvm program =
        ForkedJvm.command(FlagsTest.OpenOnly.class, missing.toString())
            .from(
                jar + File.pathSeparator + System.getProperty("java.class.path"),
                System.getProperty("warmstart.test.jvmflags"))
            .start()) {
      String refused = program.awaitLine("refused");

      String needed =
          library.equals("agrona")
              ? DirectBuffer.class.getPackage().getImplementationVersion()
              : com.fasterxml.jackson.core.JsonFactory.class
                  .getPackage()
                  .getImplementationVersion();
      assertTrue(
          refused.contains(
              "library=" + library + " expected=" + needed + " actual=" + version + " lacks="),
          refused);
      assertTrue(refused.endsWith(" from=" + jar.toUri().toURL()), refused);
    }
    assertTrue(Files.notExists(missing));
  }
}
