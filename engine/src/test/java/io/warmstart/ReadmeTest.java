package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the README shows works as it stands there. */
@Tag("slow")
@Timeout(120)
class ReadmeTest {
  private static final Path PROJECT = Readme.PROJECT;

  @TempDir Path empty;

  private List<String> run(List<String> command) throws Exception {
    Process process =
        new ProcessBuilder(command)
            .directory(empty.toFile())
            .redirectError(empty.resolve("stderr").toFile())
            .start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    String errors = Files.readString(empty.resolve("stderr"));
    assertEquals(0, process.exitValue(), () -> output + errors);
    return output.lines().toList();
  }

  @Test
  void theProgramCompilesAndResumes() throws Exception {
    String classPath = compile("Fit", Readme.block("In Java", "java"));

    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "@" + PROJECT.resolve(".mvn/warmstart.jvmflags"),
            "-cp",
            empty + File.pathSeparator + classPath,
            "Fit",
            "fits");
    assertEquals(List.of("begins at step 0", "ends at step 1000"), run(command));
    assertEquals(List.of("begins at step 1000", "ends at step 2000"), run(command));
  }

  @Test
  void theLinesWithARemoteCompile() throws Exception {
    compile(
        "Remote",
        """
        import io.warmstart.*;
        import io.warmstart.model.*;
        import java.net.URI;
        import java.nio.file.Path;
        import java.time.Duration;
        class Remote {
          static void fit(Path root, Fingerprint key, byte[] bytes) {
        """
            + Readme.block("On several machines", "java")
            + "}}");
  }

  @Test
  void theLinesWithNamespacesCompile() throws Exception {
    compile(
        "Namespaces",
        """
        import io.warmstart.*;
        import io.warmstart.model.*;
        import java.util.List;
        import java.util.Optional;
        class Namespaces {
          static Fingerprint key(Fingerprinter start) {
            return start.absorbString("spec", "y ~ s(x)").finish();
          }
          static void fit(WarmStartStore store) {
        """
            + Readme.block("Namespaces", "java")
            + "}}");
  }

  @Test
  void theLinesWithMetricsCompile() throws Exception {
    compile(
        "Metrics",
        """
        import io.micrometer.core.instrument.MeterRegistry;
        import io.warmstart.WarmStartStore;
        import io.warmstart.micrometer.StoreMetrics;
        class Metrics {
          static void show(WarmStartStore store, MeterRegistry registry) {
        """
            + Readme.block("What it does, seen", "java")
            + "}}");
  }

  /** Compiles without a warning; returns the class path of that. */
  private String compile(String name, String text) throws IOException {
    Path source = Files.writeString(empty.resolve(name + ".java"), text);
    JavaCompiler compiler = Objects.requireNonNull(ToolProvider.getSystemJavaCompiler());
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    String classPath =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(each -> Path.of(each).toAbsolutePath().toString())
            .collect(Collectors.joining(File.pathSeparator));
    int failed =
        compiler.run(
            null,
            said,
            said,
            "-Xlint:all,-classfile,-path,-processing",
            "-proc:none",
            "-cp",
            classPath,
            "-d",
            empty.toString(),
            source.toString());
    assertEquals(0, failed, () -> said.toString(StandardCharsets.UTF_8));
    return classPath;
  }

  /** As printed, line by line, in a folder that holds nothing but the build. */
  @Test
  void theShellSessionWorks() throws Exception {
    Path build = PROJECT.resolve("engine/target/warmstart.jar");
    assumeTrue(Files.exists(build), "the jar is not built yet: " + build);
    Files.createDirectories(empty.resolve("engine/target"));
    Files.createSymbolicLink(empty.resolve("engine/target/warmstart.jar"), build);
    String session = Readme.block("On the command line", "sh");

    List<String> output = run(List.of("bash", "-c", "shopt -s expand_aliases; set -e\n" + session));

    assertEquals("any bytes\n", Files.readString(empty.resolve("best.bin")));
    assertTrue(output.contains("removed 1 entry"), output::toString);
  }

  @Test
  void theCoordinatesAreThoseOfTheBuild() throws IOException {
    String pom = Files.readString(PROJECT.resolve("engine/pom.xml"));
    List<String> coordinates = new ArrayList<>();
    Matcher tag =
        Pattern.compile("<(groupId|artifactId|version)>.*?</\\1>")
            .matcher(Readme.block("In Java", "xml"));
    while (tag.find()) {
      coordinates.add(tag.group());
    }
    assertEquals(3, coordinates.size());
    coordinates.forEach(each -> assertTrue(pom.contains(each), each));
  }
}
