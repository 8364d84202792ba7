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
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.io.TempDir;

/** The launcher makes an archive of the classes once, and whatever becomes of that, it works. */
@Tag("slow")
@Timeout(300)
class LauncherTest {
  private static final Path BUILD =
      Path.of(System.getProperty("warmstart.test.projectRoot"), "engine", "target");

  /** The JVM ends with an error if it cannot use the archive. */
  private static final String ARCHIVE_OR_NOTHING = "JDK_JAVA_OPTIONS=-Xshare:on";

  /** A copy, so that another build may take the jar's place, and the archive that it made. */
  @TempDir static Path installed;

  private static FileTime built = FileTime.fromMillis(0);

  @TempDir Path directory;
  private Path launcher;
  private Path cache;
  private Path root;

  @BeforeAll
  static void install() throws IOException {
    Path jar = BUILD.resolve("warmstart.jar");
    assumeTrue(Files.exists(jar), "the jar is not built yet: " + jar);
    Path place = Files.createDirectory(installed.resolve("a place"));
    built = Files.getLastModifiedTime(Files.copy(jar, place.resolve("warmstart.jar")));
    Files.copy(
        BUILD.resolve("warmstart"), place.resolve("warmstart"), StandardCopyOption.COPY_ATTRIBUTES);
  }

  @BeforeEach
  void setUp() throws IOException {
    launcher = installed.resolve("a place/warmstart");
    Files.setLastModifiedTime(launcher.resolveSibling("warmstart.jar"), built);
    cache = directory.resolve("cache");
    root = Files.createDirectory(directory.resolve("fits"));
  }

  /** The archive of a first use, which is made once for all tests: it takes some seconds. */
  private Path archive() throws Exception {
    Path own = cache;
    Path made = installed.resolve("cache");
    if (Files.notExists(made)) {
      cache = made;
      run(ExitCodes.MISS_OR_PROBLEM, List.of(), "lookup", root, "text:a b");
      assertEquals(1, archives().size());
      cache = own;
    }
    Files.createDirectories(own);
    try (Stream<Path> all = Files.walk(made)) {
      for (Path each : all.sorted().toList()) {
        Path copy = own.resolve(made.relativize(each).toString());
        if (Files.isDirectory(each)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(each, copy);
        }
      }
    }
    return archives().get(0);
  }

  /** The JVM makes it read-only, which binds everybody but root. */
  private static void replace(Path archive, byte[] bytes) throws IOException {
    Files.delete(archive);
    Files.write(archive, bytes);
  }

  /** What the archive is being made in. */
  private static Path beingMade(Path archive) {
    String build = archive.getFileName().toString().replaceAll("-.*", "");
    return archive.resolveSibling(build + ".new");
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
    Path archive = archive();
    assertTrue(Files.size(archive) > 1 << 20);
    FileTime made = Files.getLastModifiedTime(archive);
    launcher = Files.createSymbolicLink(directory.resolve("linked"), launcher);

    Path payload = Files.writeString(directory.resolve("a payload"), "bytes");
    run(ExitCodes.DONE, List.of(ARCHIVE_OR_NOTHING), "save", root, "text:a b", payload);
    List<String> out = run(ExitCodes.DONE, List.of(ARCHIVE_OR_NOTHING), "lookup", root, "text:a b");

    assertTrue(out.get(0).startsWith("key "), out::toString);
    assertEquals(List.of(archive), archives());
    assertEquals(made, Files.getLastModifiedTime(archive));
  }

  /** Containers name a collector; two are an error of the JVM's, with the exit code of a miss. */
  @Test
  void optionsOfTheEnvironmentAreTakenBesideItsOwn() throws Exception {
    archive();
    Path payload = Files.writeString(directory.resolve("a payload"), "bytes");
    run(ExitCodes.DONE, List.of(), "save", root, "text:a b", payload);
    Path options = Files.writeString(directory.resolve("options"), "-XX:+UseParallelGC");
    for (String each :
        List.of(
            "JAVA_TOOL_OPTIONS=-XX:+UseParallelGC",
            "JDK_JAVA_OPTIONS=-XX:+UseParallelGC",
            "JDK_JAVA_OPTIONS=@" + options,
            "JAVA_TOOL_OPTIONS=-XX:VMOptionsFile=" + options)) {
      run(ExitCodes.DONE, List.of(each), "lookup", root, "text:a b");
    }
  }

  /** As a cache of compiled code, and an archive beside it, are. */
  @Test
  @EnabledForJreRange(min = JRE.JAVA_25)
  void aCacheOfCompiledCodeIsUsedInPlaceOfItsArchive() throws Exception {
    archive();
    Path payload = Files.writeString(directory.resolve("payload"), "bytes");
    for (String each : List.of("-XX:AOTMode=auto", "-XX:AOTMode=auto -XX:+UseParallelGC")) {
      run(ExitCodes.DONE, List.of("JDK_JAVA_OPTIONS=" + each), "save", root, "text:k", payload);
    }
  }

  @Test
  void anArchiveThatCannotBeMadeHindersNothing() throws Exception {
    for (String home : List.of("/proc/none", "relative", "")) {
      List<String> nowhere = List.of("XDG_CACHE_HOME=" + home, "HOME=/proc/none");
      assertEquals(List.of("0 keys, 0 entries, 0 B"), run(ExitCodes.DONE, nowhere, "ls", root));
    }
    assertTrue(Files.notExists(cache));
    assertTrue(Files.notExists(Path.of("relative")));
  }

  /**
   * It stayed as it was for ever, and a JVM may die of one. None sees these: they are not as long
   * as their names say.
   */
  @Test
  @Tag("once")
  void anArchiveThatWasCutOffIsMadeAgain() throws Exception {
    Path archive = archive();
    replace(archive, new byte[100]);

    run(ExitCodes.DONE, List.of(ARCHIVE_OR_NOTHING), "ls", root);

    Path again = archives().get(0);
    assertEquals(1, archives().size());
    assertTrue(Files.size(again) > 1 << 20);
    assertTrue(again.toString().endsWith("-" + Files.size(again) + ".jsa"), again::toString);
    run(ExitCodes.DONE, List.of(ARCHIVE_OR_NOTHING), "ls", root);
    assertEquals(List.of(again), archives());
  }

  /**
   * Its length was right, so a JVM took it: one died, another ended with the exit code of a miss.
   */
  @Test
  void anArchiveWithABadMiddleIsNotUsed() throws Exception {
    Path archive = archive();
    byte[] bytes = Files.readAllBytes(archive);
    for (int each = bytes.length / 3; each < bytes.length / 3 + (1 << 16); each++) {
      bytes[each] ^= 0x5a;
    }
    replace(archive, bytes);

    assertEquals(List.of("0 keys, 0 entries, 0 B"), run(ExitCodes.DONE, List.of(), "ls", root));

    assertEquals(List.of(archive), archives());
  }

  /** What told the builds apart ended where the first path below the cache began. */
  @Test
  @Tag("once")
  void aJarBelowTheCacheHasAnArchiveForEachOfItsBuilds() throws Exception {
    Path place = Files.createDirectories(cache.resolve("warmstart/place"));
    for (String each : List.of("warmstart.jar", "warmstart")) {
      Files.copy(
          launcher.resolveSibling(each), place.resolve(each), StandardCopyOption.COPY_ATTRIBUTES);
    }
    launcher = place.resolve("warmstart");
    run(ExitCodes.DONE, List.of(), "ls", root);
    Path first = archives().get(0);
    run(ExitCodes.DONE, List.of(ARCHIVE_OR_NOTHING), "ls", root);
    assertEquals(List.of(first, place), archives());

    Files.setLastModifiedTime(place.resolve("warmstart.jar"), FileTime.from(1, TimeUnit.DAYS));
    run(ExitCodes.DONE, List.of(), "ls", root);

    assertEquals(3, archives().size());
    run(ExitCodes.DONE, List.of(ARCHIVE_OR_NOTHING), "ls", root);
  }

  /** Meanwhile another process makes one, so that this one needs not. */
  @Test
  @Tag("once")
  void anArchiveThatIsEmptyIsTakenAway() throws Exception {
    Path archive = archive();
    replace(archive, new byte[0]);
    Path beingMade = Files.createDirectory(beingMade(archive));

    run(ExitCodes.DONE, List.of(), "ls", root);

    assertEquals(List.of(beingMade), archives());
  }

  /** An empty one that says so: the archive could not be made. */
  @Test
  @Tag("once")
  void whatCouldNotBeMadeIsTriedAgainAfterADay() throws Exception {
    Path archive = archive();
    Path beingMade = beingMade(archive);
    Path failed = Files.createFile(Path.of(beingMade.toString().replaceAll("[.]new$", "-0.jsa")));
    Files.delete(archive);

    run(ExitCodes.DONE, List.of(), "ls", root);
    assertEquals(List.of(failed), archives());
    Files.setLastModifiedTime(failed, FileTime.from(1, TimeUnit.DAYS));
    run(ExitCodes.DONE, List.of(), "ls", root);
    assertEquals(List.of(), archives());
  }

  /** Somebody is making it, or was killed while he did. */
  @Test
  @Tag("once")
  void itDoesNotWaitForAnotherThatMakesTheArchive() throws Exception {
    Path archive = archive();
    Files.delete(archive);
    Path beingMade = Files.createDirectory(beingMade(archive));

    run(ExitCodes.DONE, List.of(), "ls", root);
    assertEquals(List.of(beingMade), archives());
    Files.setLastModifiedTime(beingMade, FileTime.from(1, TimeUnit.DAYS));
    run(ExitCodes.DONE, List.of(), "ls", root);
    run(ExitCodes.DONE, List.of(), "ls", root);
    assertEquals(1, archives().size());
    assertTrue(Files.size(archives().get(0)) > 1 << 20);
  }
}
