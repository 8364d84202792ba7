package io.warmstart.jmh;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A store root for one benchmark, made below {@code target/} of the working directory, or where the
 * system property {@code warmstart.jmh.directory} says, and removed when it is closed.
 *
 * <p>It belongs on the file system whose syncs are in question, which a directory for temporary
 * files often is not: on tmpfs a sync costs nothing.
 */
final class BenchmarkRoot implements AutoCloseable {
  static final String DIRECTORY_PROPERTY = "warmstart.jmh.directory";

  private final Path path;

  private BenchmarkRoot(Path path) {
    this.path = path;
  }

  static BenchmarkRoot create() throws IOException {
    Path parent = Path.of(System.getProperty(DIRECTORY_PROPERTY, "target")).toAbsolutePath();
    Files.createDirectories(parent);
    String type = Files.getFileStore(parent).type();
    if (type.equals("tmpfs") || type.equals("ramfs")) {
      System.out.println("# WARNING: " + parent + " lies on " + type + ": syncs cost nothing here");
    }
    return new BenchmarkRoot(Files.createTempDirectory(parent, "jmh-root-"));
  }

  Path path() {
    return path;
  }

  /** How many entries lie in the root, by their manifests. */
  long entries() throws IOException {
    try (Stream<Path> files = Files.walk(path)) {
      return files.filter(file -> file.getFileName().toString().endsWith(".json")).count();
    }
  }

  @Override
  public void close() {
    try (Stream<Path> files = Files.walk(path)) {
      List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot remove root=" + path, e);
    }
  }
}
