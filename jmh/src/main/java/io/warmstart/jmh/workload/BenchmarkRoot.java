package io.warmstart.jmh.workload;

import io.warmstart.stress.frame.Trees;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * A directory for one benchmark, made below {@code target/} of the working directory, or where the
 * system property {@code warmstart.jmh.directory} says, and removed when it is closed.
 *
 * <p>It belongs on the file system whose syncs are in question, which a directory for temporary
 * files often is not: on tmpfs a sync costs nothing.
 */
public final class BenchmarkRoot implements AutoCloseable {
  /** The system property that names the directory. */
  public static final String DIRECTORY_PROPERTY = "warmstart.jmh.directory";

  private final Path path;

  private BenchmarkRoot(Path path) {
    this.path = path;
  }

  /** An empty directory. */
  public static BenchmarkRoot create() throws IOException {
    Path parent = Path.of(System.getProperty(DIRECTORY_PROPERTY, "target")).toAbsolutePath();
    Files.createDirectories(parent);
    String type = Files.getFileStore(parent).type();
    if (type.equals("tmpfs") || type.equals("ramfs")) {
      System.out.println("# WARNING: " + parent + " lies on " + type + ": syncs cost nothing here");
    }
    return new BenchmarkRoot(Files.createTempDirectory(parent, "jmh-root-"));
  }

  /** Where it is. */
  public Path path() {
    return path;
  }

  /** How many entries a store with manifests has here. */
  public long manifests() throws IOException {
    try (Stream<Path> files = Files.walk(path)) {
      return files.filter(file -> file.getFileName().toString().endsWith(".json")).count();
    }
  }

  /** Removes it after what is open in it was closed, even if that fails. */
  public void closeAfter(Closeable opened) throws IOException {
    try {
      opened.close();
    } finally {
      close();
    }
  }

  @Override
  public void close() throws IOException {
    Trees.remove(path);
  }
}
