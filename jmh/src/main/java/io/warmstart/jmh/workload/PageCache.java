package io.warmstart.jmh.workload;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Takes files out of the kernel's page cache, which Java cannot ask for: {@code dd} of the GNU core
 * utilities can, and needs no privilege. Names and inodes stay cached.
 */
public final class PageCache {
  private PageCache() {}

  /** Drops the contents of all files below a directory; what is dirty is written first. */
  public static void drop(Path directory) throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(directory)) {
      files = walk.filter(Files::isRegularFile).toList();
    }
    for (Path file : files) {
      drop(file, "of=" + file, "oflag=nocache", "conv=notrunc,fdatasync");
    }
  }

  private static void drop(Path file, String... how) throws IOException {
    String[] command = {"dd", how[0], how[1], how[2], "count=0", "status=none"};
    try {
      int status =
          new ProcessBuilder(command)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor();
      if (status != 0) {
        throw new IOException("dd failed: status=" + status + " file=" + file);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while dropping file=" + file, e);
    }
  }
}
