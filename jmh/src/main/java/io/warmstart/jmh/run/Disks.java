package io.warmstart.jmh.run;

import io.warmstart.stress.frame.Trees;
import io.warmstart.stress.mount.FileSystemFacts;
import io.warmstart.stress.mount.LoopDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The file systems that a run measures on: the one where its directory lies, and fresh ones in loop
 * mounts, made with what mkfs does by default.
 */
final class Disks implements AutoCloseable {
  /** The file system of the run's own directory. */
  static final String HERE = "here";

  /** Sparse: what the stores take of it, and a journal as large as mkfs makes it for that. */
  private static final long MEGABYTES = 8192;

  /**
   * One of them.
   *
   * @param name as the run was told
   * @param data an empty directory on it
   */
  record Disk(String name, Path data) {
    String facts() throws IOException, InterruptedException {
      return FileSystemFacts.describe(data);
    }
  }

  private final List<Disk> disks = new ArrayList<>();
  private final List<LoopDisk> mounted = new ArrayList<>();

  private Disks() {}

  /** Makes and mounts those of the names, below a directory. */
  static Disks make(Path directory, List<String> names) throws IOException, InterruptedException {
    Disks made = new Disks();
    try {
      for (String name : names) {
        made.disks.add(new Disk(name, made.dataDirectory(directory, name)));
      }
      return made;
    } catch (IOException | InterruptedException | RuntimeException | Error e) {
      try (made) {
        throw e;
      }
    }
  }

  private Path dataDirectory(Path directory, String name) throws IOException, InterruptedException {
    if (name.equals(HERE)) {
      return Files.createTempDirectory(directory, "data-");
    }
    LoopDisk.need(name);
    LoopDisk disk = LoopDisk.make(directory, name, MEGABYTES);
    mounted.add(disk);
    return Files.createDirectory(disk.path().resolve("data"));
  }

  List<Disk> all() {
    return disks;
  }

  /** Removes all data, and unmounts. */
  @Override
  public void close() throws IOException {
    for (Disk disk : disks) {
      Trees.remove(disk.data());
    }
    for (LoopDisk disk : mounted) {
      disk.close();
    }
  }
}
