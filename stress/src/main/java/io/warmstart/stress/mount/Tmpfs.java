package io.warmstart.stress.mount;

import io.warmstart.stress.fork.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A file system in memory with room for so much and no more. Needs root. */
public final class Tmpfs implements AutoCloseable {
  private final Path mountPoint;

  private Tmpfs(Path mountPoint) {
    this.mountPoint = mountPoint;
  }

  /** Mounts one with options such as {@code size=4m,nr_inodes=200}. */
  public static Tmpfs make(Path mountPoint, String options)
      throws IOException, InterruptedException {
    Files.createDirectories(mountPoint);
    Tool.run("mount", "-t", "tmpfs", "-o", options, "tmpfs", mountPoint.toString());
    return new Tmpfs(mountPoint);
  }

  /** Where it is mounted. */
  public Path path() {
    return mountPoint;
  }

  @Override
  public void close() throws IOException {
    List<String> umount = List.of("umount", mountPoint.toString());
    try {
      for (int attempt = 0; Tool.attempt(umount).status() != 0; attempt++) {
        if (attempt == 40) {
          throw new IOException("umount " + mountPoint + ": it stays busy");
        }
        // Mappings go when their buffers are collected.
        System.gc();
        TimeUnit.MILLISECONDS.sleep(50);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
