package io.warmstart.stress.mount;

import io.warmstart.stress.frame.SkippedException;
import io.warmstart.stress.frame.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The file systems that a run works on: the one where its directory lies, the host's memory, and
 * fresh ones in loop mounts, made with what mkfs does by default.
 */
public final class Disks implements AutoCloseable {
  /** The file system of the run's own directory. */
  public static final String HERE = "here";

  /** That of shared memory, where a sync costs nothing. */
  public static final String MEMORY = "memory";

  private static final Path SHARED_MEMORY = Path.of("/dev/shm");

  /** Sparse: what the stores take of it, and a journal as large as mkfs makes it for that. */
  private static final long MEGABYTES = 8192;

  /**
   * One of them.
   *
   * @param name as the run was told
   * @param data an empty directory on it
   */
  public record Disk(String name, Path data) {
    /** What a sync costs there, in one line. */
    public String facts() throws IOException, InterruptedException {
      return FileSystemFacts.describe(data);
    }
  }

  private final List<Disk> disks = new ArrayList<>();
  private final List<LoopDisk> mounted = new ArrayList<>();

  private Disks() {}

  /**
   * Makes and mounts those of the names, below a directory.
   *
   * @throws SkippedException if this host cannot make one of them
   */
  public static Disks make(Path directory, List<String> names)
      throws IOException, InterruptedException {
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
    if (name.equals(MEMORY)) {
      if (!Files.isDirectory(SHARED_MEMORY)) {
        throw new SkippedException("this host has no " + SHARED_MEMORY);
      }
      return Files.createTempDirectory(SHARED_MEMORY, "warmstart-");
    }
    LoopDisk.need(name);
    LoopDisk disk = LoopDisk.make(directory, name, MEGABYTES);
    mounted.add(disk);
    return Files.createDirectory(disk.path().resolve("data"));
  }

  /** In the order of the names. */
  public List<Disk> all() {
    return disks;
  }

  /** Leaves all of them as they are, mounted too: what lies there is evidence. */
  public void keep() {
    disks.clear();
    mounted.clear();
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
