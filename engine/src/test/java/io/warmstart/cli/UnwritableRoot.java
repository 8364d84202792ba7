package io.warmstart.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * A root that cannot be written to: by permissions or, since those tell the superuser nothing, by a
 * read-only file system of its own.
 */
final class UnwritableRoot implements AutoCloseable {
  private final Path path;
  private final boolean mounted;

  private UnwritableRoot(Path path, boolean mounted) {
    this.path = path;
    this.mounted = mounted;
  }

  /**
   * Makes one.
   *
   * @param source what it holds; not written in place, since a store that was open for writing in
   *     this JVM keeps the file system busy until its mapping is collected
   */
  static UnwritableRoot copyOf(Path source, Path path) throws IOException {
    Files.createDirectory(path);
    boolean superuser = "root".equals(System.getProperty("user.name"));
    if (superuser) {
      assumeTrue(
          run("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", path.toString()) == 0,
          "skipped: this superuser may not mount a file system to make a root unwritable");
    }
    UnwritableRoot root = new UnwritableRoot(path, superuser);
    boolean complete = false;
    try {
      Fixtures.copyTree(source, path);
      if (superuser) {
        assertEquals(0, run("mount", "-o", "remount,ro", path.toString()));
      } else {
        root.permit("r-xr-xr-x");
      }
      complete = true;
      return root;
    } finally {
      if (!complete) {
        root.close();
      }
    }
  }

  Path path() {
    return path;
  }

  private void permit(String permissions) throws IOException {
    for (Path each : List.of(path, path.resolve(".warmstart"))) {
      Files.setPosixFilePermissions(each, PosixFilePermissions.fromString(permissions));
    }
  }

  private static int run(String... words) throws IOException {
    Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      int exitCode = process.waitFor();
      if (exitCode != 0) {
        System.out.println(String.join(" ", words) + ": " + said.strip());
      }
      return exitCode;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  @Override
  public void close() throws IOException {
    if (mounted) {
      // Lazily: a test that has failed may have files open still.
      assertEquals(0, run("umount", "-l", path.toString()));
    } else {
      permit("rwx------");
    }
  }
}
