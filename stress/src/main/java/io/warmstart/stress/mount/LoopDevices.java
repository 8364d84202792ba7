package io.warmstart.stress.mount;

import io.warmstart.stress.fork.Tool;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The loop devices that stand before an image.
 *
 * <p>A process that was started in a mount namespace of its own has a copy of every mount of that
 * moment, and the copy keeps the file system alive after it was unmounted here. One who then mounts
 * the image again gets the same device and, after a cut, the file system that was shut down: every
 * call fails with EIO.
 */
final class LoopDevices {
  private static final long WAIT_SECONDS = 60;
  private static final long POLL_MILLIS = 20;

  /** A device that was unmounted everywhere goes within milliseconds. */
  private static final long PATIENCE_MILLIS = 500;

  /** A mount of a device in another namespace, named by one of its processes. */
  private record Holder(long pid, String mountPoint) {}

  private LoopDevices() {}

  /**
   * Waits until an image has no device any more, and unmounts it in other namespaces.
   *
   * @throws IOException if it still has one after a minute; names who holds it
   */
  static void awaitNone(Path image) throws IOException, InterruptedException {
    long start = System.nanoTime();
    long nextLookMillis = PATIENCE_MILLIS;
    List<String> devices = of(image);
    while (!devices.isEmpty()) {
      long waitedMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
      if (waitedMillis > TimeUnit.SECONDS.toMillis(WAIT_SECONDS)) {
        throw new IOException(stillHeld(image, devices));
      }
      if (waitedMillis >= nextLookMillis) {
        for (Holder holder : holders(devices)) {
          unmountThere(holder);
        }
        nextLookMillis = waitedMillis + TimeUnit.SECONDS.toMillis(1);
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      devices = of(image);
    }
  }

  private static String stillHeld(Path image, List<String> devices) throws IOException {
    StringBuilder text = new StringBuilder("unmounted, but still in use: image=");
    text.append(image).append(" devices=").append(devices);
    for (Holder holder : holders(devices)) {
      text.append("; still mounted in the mount namespace of process ").append(holder.pid());
      text.append(" at ").append(holder.mountPoint());
    }
    return text.toString();
  }

  /** Names such as {@code loop0}. */
  private static List<String> of(Path image) throws IOException {
    String path = image.toRealPath().toString();
    List<String> devices = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/sys/block"), "loop*")) {
      for (Path device : all) {
        try {
          if (Files.readString(device.resolve("loop").resolve("backing_file"))
              .stripTrailing()
              .equals(path)) {
            devices.add(device.getFileName().toString());
          }
        } catch (IOException e) {
          // It stands before no file, or does no longer.
        }
      }
    }
    return devices;
  }

  /** One of the processes of each mount namespace in which a device is mounted. */
  private static List<Holder> holders(List<String> devices) throws IOException {
    List<Holder> holders = new ArrayList<>();
    Set<Path> namespaces = new HashSet<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : all) {
        try {
          if (!namespaces.add(Files.readSymbolicLink(process.resolve("ns").resolve("mnt")))) {
            continue;
          }
          for (String mount : Files.readAllLines(process.resolve("mountinfo"))) {
            // ... mount-point options fields - type source options
            List<String> words = List.of(mount.split(" ", -1));
            int source = words.indexOf("-") + 2;
            if (devices.stream().anyMatch(each -> words.get(source).equals("/dev/" + each))) {
              holders.add(
                  new Holder(Long.parseLong(process.getFileName().toString()), words.get(4)));
            }
          }
        } catch (IOException e) {
          // It has ended meanwhile.
        }
      }
    }
    return holders;
  }

  /**
   * What it says if it cannot does not matter: as long as the device is there it is tried again.
   */
  private static void unmountThere(Holder holder) throws IOException, InterruptedException {
    if (Tool.find("nsenter").isPresent()) {
      Tool.attempt(
          List.of(
              "nsenter",
              "--target",
              Long.toString(holder.pid()),
              "--mount",
              "umount",
              holder.mountPoint()));
    }
  }
}
