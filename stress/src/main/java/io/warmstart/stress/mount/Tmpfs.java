package io.warmstart.stress.mount;

import io.warmstart.stress.fork.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

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
    try {
      MountPoint.unmount(mountPoint);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
