package io.warmstart;

import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/**
 * A small file system of its own, to be filled up. Skips the test where mounting is not allowed.
 */
public final class SmallDisk implements AutoCloseable {
  private final Path mount;
  private final Path filler;

  private SmallDisk(Path mount) {
    this.mount = mount;
    this.filler = mount.resolve("filler");
  }

  /** By the name of the kind: tmpfs or ext4. */
  public static SmallDisk of(String kind, Path parent, int megabytes) throws IOException {
    return of(kind, parent, megabytes, List.of("-q", "-F"), "loop");
  }

  /**
   * Any kind that mkfs knows.
   *
   * @param flags of mkfs
   * @param mountOptions {@code loop} is one of them
   */
  static SmallDisk of(
      String kind, Path parent, int megabytes, List<String> flags, String mountOptions)
      throws IOException {
    Assumptions.assumeTrue(userId() == 0, "mounting a file system takes the superuser");
    Path mount = Files.createDirectory(parent.resolve("mount"));
    if (kind.equals("tmpfs")) {
      int mounted =
          run("mount", "-t", "tmpfs", "-o", "size=" + megabytes + "m", "none", "" + mount);
      Assumptions.assumeTrue(mounted == 0, "this container does not allow mounts");
      return new SmallDisk(mount);
    }
    Path image = parent.resolve("image");
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(megabytes * 1024L * 1024);
    }
    List<String> mkfs = new ArrayList<>(List.of("mkfs." + kind));
    mkfs.addAll(flags);
    mkfs.add(image.toString());
    Assumptions.assumeTrue(run(mkfs.toArray(String[]::new)) == 0, "no mkfs." + kind);
    Assumptions.assumeTrue(
        run("mount", "-o", mountOptions, "" + image, "" + mount) == 0, "no loop mounts of " + kind);
    return new SmallDisk(mount);
  }

  private static int userId() throws IOException {
    return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
  }

  private static int run(String... command) {
    try {
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      // There is no such program.
      return -1;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return -1;
    }
  }

  public Path path() {
    return mount;
  }

  /**
   * Until nothing more goes in, and then makes room for so many bytes. What was deleted before is
   * free only once the journal says so: first of all it is made to.
   */
  public void fillBut(long bytes) throws IOException {
    sync();
    fill();
    sync();
    fill();
    try (RandomAccessFile file = new RandomAccessFile(filler.toFile(), "rw")) {
      file.setLength(Math.max(0, file.length() - bytes));
    }
    sync();
  }

  private void sync() throws IOException {
    if (run("sync", "-f", mount.toString()) != 0) {
      throw new IOException("sync failed: " + mount);
    }
  }

  private void fill() {
    for (int piece : new int[] {64 * 1024, 4096, 512}) {
      try (OutputStream out =
          Files.newOutputStream(filler, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
        while (true) {
          out.write(new byte[piece]);
        }
      } catch (IOException e) {
        // Full.
      }
    }
  }

  /** As the kernel does it after an error: closed to all writers, and to syncs too. */
  public void giveUp() {
    Assumptions.assumeTrue(
        run("mount", "-o", "remount,abort", mount.toString()) == 0,
        "this kernel has no such mount");
  }

  /** Gives the room back. */
  public void free() throws IOException {
    Files.delete(filler);
  }

  @Override
  public void close() {
    run("umount", "-l", mount.toString());
  }
}
