package io.warmstart.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The launcher makes an archive of the classes once, and whatever becomes of that, it works. */
@Tag("slow")
@Timeout(300)
class LauncherTest {
  private static final Path BUILD =
      Path.of(System.getProperty("warmstart.test.projectRoot"), "engine", "target");

  /** The JVM ends with an error if it cannot use the archive. */
  private static final String ARCHIVE_OR_NOTHING = "JDK_JAVA_OPTIONS=-Xshare:on";

  @TempDir Path directory;
  private Path launcher;
  private Path cache;
  private Path root;

  /** A copy, so that another build may take the jar's place. */
  @BeforeEach
  void setUp() throws IOException {
    Path jar = BUILD.resolve("warmstart.jar");
    assumeTrue(Files.exists(jar), "the jar is not built yet: " + jar);
    Path installed = Files.createDirectory(directory.resolve("a place"));
    Files.copy(jar, installed.resolve("warmstart.jar"));
    launcher =
        Files.copy(
            BUILD.resolve("warmstart"),
            installed.resolve("warmstart"),
            StandardCopyOption.COPY_ATTRIBUTES);
    cache = directory.resolve("cache");
    root = directory.resolve("fits");
  }

  private List<String> run(int exitCode, List<String> environment, Object... words)
      throws Exception {
    List<String> command = new ArrayList<>(List.of("env"));
    command.addAll(environment);
    command.add(launcher.toString());
    Stream.of(words).map(String::valueOf).forEach(command::add);
    File errors = directory.resolve("stderr").toFile();
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("XDG_CACHE_HOME", cache.toString());
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(120, TimeUnit.SECONDS));
    String said =
        Files.readString(errors.toPath())
            .lines()
            .filter(line -> !line.matches("(NOTE: )?Picked up [A-Z_]+_OPTIONS: .*"))
            .filter(line -> !line.startsWith("WARNING: "))
            .reduce("", (all, line) -> all + line + "\n");
    assertEquals(exitCode, process.exitValue(), () -> output + said);
    assertEquals("", said);
    return output.lines().toList();
  }

  private List<Path> archives() throws IOException {
    try (Stream<Path> made = Files.list(cache.resolve("warmstart"))) {
      return made.sorted().toList();
    }
  }

  @Test
  void theFirstUseMakesAnArchiveThatLaterOnesAreStartedBy() throws Exception {
    run(ExitCodes.MISS_OR_PROBLEM, List.of(), "lookup", directory, "text:a b");
    assertEquals(1, archives().size());
    assertTrue(Files.size(archives().get(0)) > 1 << 20);
    FileTime made = Files.getLastModifiedTime(archives().get(0));
    Path link = Files.createSymbolicLink(directory.resolve("linked"), launcher);
    launcher = link;

    Path payload = Files.writeString(directory.resolve("a payload"), "bytes");
    run(ExitCodes.DONE, List.of(ARCHIVE_OR_NOTHING), "save", root, "text:a b", payload);
    List<String> out = run(ExitCodes.DONE, List.of(ARCHIVE_OR_NOTHING), "lookup", root, "text:a b");

    assertTrue(out.get(0).startsWith("key "), out::toString);
    assertEquals(made, Files.getLastModifiedTime(archives().get(0)));
    // Containers name a collector; two are an error of the JVM's, with the exit code of a miss.
    for (String name : List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS")) {
      run(ExitCodes.DONE, List.of(name + "=-XX:+UseParallelGC"), "lookup", root, "text:a b");
    }
  }

  @Test
  void anArchiveThatIsDamagedOrCannotBeMadeHindersNothing() throws Exception {
    Files.createDirectory(root);
    for (String home : List.of("/proc/none", "relative", "")) {
      List<String> nowhere = List.of("XDG_CACHE_HOME=" + home, "HOME=/proc/none");
      assertEquals(List.of("0 keys, 0 entries, 0 B"), run(ExitCodes.DONE, nowhere, "ls", root));
    }
    assertTrue(Files.notExists(cache));
    assertTrue(Files.notExists(Path.of("relative")));
    run(ExitCodes.DONE, List.of(), "ls", root);
    byte[] bytes = Files.readAllBytes(archives().get(0));
    for (int cut : List.of(1, 100)) {
      Files.write(archives().get(0), Arrays.copyOf(bytes, cut));
      assertEquals(List.of("0 keys, 0 entries, 0 B"), run(ExitCodes.DONE, List.of(), "ls", root));
    }
  }

  @Test
  void anotherBuildOfTheJarHasAnotherArchive() throws Exception {
    Files.createDirectory(root);
    run(ExitCodes.DONE, List.of(), "ls", root);
    Files.setLastModifiedTime(
        launcher.resolveSibling("warmstart.jar"), FileTime.from(1, TimeUnit.DAYS));

    run(ExitCodes.DONE, List.of(), "ls", root);

    assertEquals(2, archives().size());
    run(ExitCodes.DONE, List.of(ARCHIVE_OR_NOTHING), "ls", root);
  }

  /** Somebody is making it, or was killed while he did. */
  @Test
  void itDoesNotWaitForAnotherThatMakesTheArchive() throws Exception {
    Files.createDirectory(root);
    run(ExitCodes.DONE, List.of(), "ls", root);
    Path archive = archives().get(0);
    Path beingMade = archive.resolveSibling(archive.getFileName() + ".new");
    Files.delete(archive);
    Files.createDirectory(beingMade);

    run(ExitCodes.DONE, List.of(), "ls", root);
    assertEquals(List.of(beingMade), archives());
    Files.setLastModifiedTime(beingMade, FileTime.from(1, TimeUnit.DAYS));
    run(ExitCodes.DONE, List.of(), "ls", root);
    run(ExitCodes.DONE, List.of(), "ls", root);
    assertEquals(List.of(archive), archives());
  }
}
