package io.warmstart.stress.mount;

import io.warmstart.stress.fork.CSource;
import io.warmstart.stress.fork.Tool;
import io.warmstart.stress.frame.SkippedException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A disk that keeps after a cut what was synced, and of the rest what it likes: unlike those of
 * journalling file systems it makes no directory durable with the first file synced below it. A
 * process of its own serves it through {@code /dev/fuse}; see {@code strictfs.c} for what may be
 * lost. Needs root.
 */
public final class StrictDisk implements CutDisk {
  /**
   * The seed of a cut after which there is nothing that need not be there. Half of all are such.
   */
  public static final long LEAST = 0;

  private static final Path DEVICE = Path.of("/dev/fuse");

  private final Path mountPoint;
  private final Process server;
  private final OutputStream commands;
  private final BufferedReader answers;
  private boolean mounted;
  private boolean cut;
  private String lastCut = "";

  private StrictDisk(Path mountPoint, Process server) {
    this.mountPoint = mountPoint;
    this.server = server;
    this.commands = server.getOutputStream();
    this.answers =
        new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8));
  }

  /** What a sync of a file makes durable. */
  public enum FileSync {
    /** Its bytes: what POSIX promises. */
    BYTES,
    /** And its name in the directory that it was made in. */
    BYTES_AND_NAME
  }

  /**
   * Builds the program that serves such disks, for those that are made in the same directory.
   *
   * @throws SkippedException if this host cannot have them
   */
  public static void need(Path directory) throws IOException, InterruptedException {
    Tool.needRoot();
    Tool.need("umount");
    if (!Files.exists(DEVICE)) {
      throw new SkippedException("this host has no " + DEVICE);
    }
    CSource.build(StrictDisk.class, "strictfs.c", program(directory));
    try {
      make(directory, FileSync.BYTES).close();
    } catch (IOException e) {
      throw new SkippedException("this host mounts no FUSE file system: " + e.getMessage());
    }
  }

  private static Path program(Path directory) {
    return directory.resolve("strictfs");
  }

  /** Makes an empty disk and mounts it, in a directory where its program was built. */
  public static StrictDisk make(Path directory, FileSync fileSync)
      throws IOException, InterruptedException {
    Path mountPoint = Files.createDirectories(directory.resolve("mnt-strict"));
    List<String> command =
        new ArrayList<>(List.of(program(directory).toString(), mountPoint.toString()));
    if (fileSync == FileSync.BYTES_AND_NAME) {
      command.add("names");
    }
    Process server =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    StrictDisk disk = new StrictDisk(mountPoint, server);
    try {
      disk.mount();
      return disk;
    } catch (IOException e) {
      disk.close();
      throw e;
    }
  }

  @Override
  public Path path() {
    return mountPoint;
  }

  @Override
  public void mount() throws IOException {
    tell("mount");
    mounted = true;
    cut = false;
  }

  @Override
  public void cut(long seed) throws IOException {
    if (cut) {
      return;
    }
    cut = true;
    lastCut = tell(seed % 2 == 0 ? "cut least" : "cut " + Long.toUnsignedString(seed));
  }

  @Override
  public String lastCut() {
    return lastCut;
  }

  @Override
  public void unmount() throws IOException, InterruptedException {
    if (!mounted) {
      return;
    }
    MountPoint.unmount(mountPoint);
    mounted = false;
  }

  private String tell(String command) throws IOException {
    commands.write((command + "\n").getBytes(StandardCharsets.UTF_8));
    commands.flush();
    String answer = answers.readLine();
    if (answer == null || !answer.startsWith("ok")) {
      throw new IOException("strict disk: " + command + ": " + answer);
    }
    return answer.substring(2).strip();
  }

  /** Ends its server, which unmounts it if need be. */
  @Override
  public void close() throws IOException {
    try {
      unmount();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      commands.close();
      try {
        if (!server.waitFor(10, TimeUnit.SECONDS)) {
          server.destroyForcibly();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
