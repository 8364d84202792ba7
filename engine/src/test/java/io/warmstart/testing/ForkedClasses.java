package io.warmstart.testing;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where the processes that tests start take their classes from. Failsafe names a jar of them and an
 * archive of those that most processes load, which the build makes before the slow tests, and with
 * which a process starts in two thirds of the processor time. Elsewhere, as in an IDE, it is the
 * class path of the tests.
 */
public final class ForkedClasses {
  /** What a JVM says of an archive it says among the process's lines. */
  public static final String SILENT = "-Xlog:cds*=off";

  private static final String OWN = System.getProperty("java.class.path");
  private static final Path JAR = Path.of(System.getProperty("warmstart.test.archived", ""));
  private static final Path ARCHIVE = Path.of(System.getProperty("warmstart.test.archive", ""));
  private static final boolean ARCHIVED = isArchived();

  private ForkedClasses() {}

  /** The flags that tell a JVM. */
  public static List<String> flags() {
    List<String> flags = new ArrayList<>(ARCHIVED ? flagsOf(ARCHIVE) : List.of());
    flags.add("-cp");
    flags.add(path().stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)));
    return flags;
  }

  /** The class path. */
  public static List<Path> path() {
    if (!ARCHIVED) {
      return entries().toList();
    }
    return Stream.concat(Stream.of(JAR), entries().filter(Files::isRegularFile)).toList();
  }

  /** Whether the class path has an archive. The JVM may find that it does not fit. */
  public static boolean archived() {
    return ARCHIVED;
  }

  /** The flags of a JVM that takes an archive. */
  public static List<String> flagsOf(Path archive) {
    return List.of("-XX:SharedArchiveFile=" + archive, SILENT);
  }

  private static Stream<Path> entries() {
    // Failsafe leaves an empty one at the end, which would be the working directory.
    return Stream.of(OWN.split(File.pathSeparator)).filter(each -> !each.isEmpty()).map(Path::of);
  }

  private static boolean isArchived() {
    if (!Files.isRegularFile(ARCHIVE) || !Files.isRegularFile(JAR)) {
      return false;
    }
    try {
      long made = Files.getLastModifiedTime(JAR).toMillis();
      for (Path folder : entries().filter(Files::isDirectory).toList()) {
        if (newest(folder) > made) {
          // The processes would not be those of the classes under test.
          return false;
        }
      }
      return true;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long newest(Path folder) throws IOException {
    long newest = 0;
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        newest = Math.max(newest, Files.getLastModifiedTime(file).toMillis());
      }
    }
    return newest;
  }
}
