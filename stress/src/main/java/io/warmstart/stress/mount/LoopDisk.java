package io.warmstart.stress.mount;

import io.warmstart.stress.fork.Tool;
import io.warmstart.stress.frame.SkippedException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A file system in a file, mounted through a loop device: it can be made again, filled, and cut off
 * from its disk. Needs root.
 */
public final class LoopDisk implements CutDisk {
  private final String type;
  private final Path image;
  private final Path mountPoint;
  private boolean mounted;
  private boolean cut;

  private LoopDisk(String type, Path image, Path mountPoint) {
    this.type = type;
    this.image = image;
    this.mountPoint = mountPoint;
  }

  /** Skips the scenario unless this host can make such a disk and cut it off. */
  public static void need(String type) {
    Tool.needRoot();
    Tool.need("mkfs." + type, "mount", "umount", "xfs_io");
  }

  /** Makes a file system and mounts it. */
  public static LoopDisk make(Path directory, String type, long megabytes, String... mkfsOptions)
      throws IOException, InterruptedException {
    Path image = directory.resolve(type + ".img");
    LoopDisk disk = new LoopDisk(type, image, directory.resolve("mnt-" + type));
    Files.createDirectories(disk.mountPoint);
    Files.deleteIfExists(image);
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(megabytes << 20);
    }
    List<String> mkfs = new ArrayList<>(List.of("mkfs." + type, "-q"));
    mkfs.addAll(List.of(mkfsOptions));
    mkfs.add(image.toString());
    Tool.run(mkfs.toArray(String[]::new));
    disk.mount();
    return disk;
  }

  @Override
  public Path path() {
    return mountPoint;
  }

  /** Mounts it, which recovers its journal. */
  @Override
  public void mount() throws IOException, InterruptedException {
    Tool.Outcome outcome =
        Tool.attempt(
            List.of("mount", "-t", type, "-o", "loop", image.toString(), mountPoint.toString()));
    if (outcome.status() != 0) {
      if (outcome.output().contains("loop")) {
        throw new SkippedException("this host has no loop device: " + outcome.output());
      }
      throw new IOException("mount " + image + ": " + outcome.output());
    }
    mounted = true;
    cut = false;
  }

  /** Lets writing be allowed or not, under the feet of the processes that have files open. */
  public void remount(String options) throws IOException, InterruptedException {
    Tool.run("mount", "-o", "remount," + options, mountPoint.toString());
  }

  /**
   * Cuts the power: from now on nothing reaches the disk, not even the journal in memory. Later
   * calls do nothing until it is mounted again. What is there then is not for this class to choose.
   */
  @Override
  public void cut(long seed) throws IOException, InterruptedException {
    if (cut) {
      return;
    }
    cut = true;
    Tool.run("xfs_io", "-x", "-c", "shutdown", mountPoint.toString());
  }

  /**
   * Unmounts it, here and wherever else it is mounted; what this process has mapped there is let go
   * first.
   */
  @Override
  public void unmount() throws IOException, InterruptedException {
    if (!mounted) {
      return;
    }
    MountPoint.unmount(mountPoint);
    mounted = false;
    LoopDevices.awaitNone(image);
  }

  /** Unmounts and removes it. */
  @Override
  public void close() throws IOException {
    try {
      unmount();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Files.deleteIfExists(image);
  }
}
