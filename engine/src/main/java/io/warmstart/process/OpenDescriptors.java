package io.warmstart.process;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** What the kernel says of this process's own descriptors and of locks: Java does not tell it. */
final class OpenDescriptors {
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
  private static final Path FACTS = Path.of("/proc/self/fdinfo");
  private static final Path LOCKS = Path.of("/proc/locks");

  private OpenDescriptors() {}

  /**
   * The numbers of those that lead to a lock file.
   *
   * @param identity of the file, as a string
   * @throws IOException if the kernel does not say
   */
  static List<String> ofLockFile(String identity) throws IOException {
    List<String> numbers = new ArrayList<>();
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(DESCRIPTORS)) {
      for (Path each : descriptors) {
        if (leadsTo(each, identity)) {
          numbers.add(each.getFileName().toString());
        }
      }
    }
    return numbers;
  }

  private static boolean leadsTo(Path descriptor, String identity) {
    try {
      // By its name first: to look at a file itself can take for ever, if it lies on a file system
      // whose server is gone.
      String name = Files.readSymbolicLink(descriptor).toString();
      return (name.endsWith("/" + LockFile.NAME)
              || name.endsWith("/" + LockFile.NAME + " (deleted)"))
          && identity.equals(
              String.valueOf(
                  Files.readAttributes(descriptor, BasicFileAttributes.class).fileKey()));
    } catch (IOException e) {
      // Closed since the listing.
      return false;
    }
  }

  /**
   * Whether the lock of one byte was taken through a descriptor and is held still.
   *
   * @throws java.nio.file.NoSuchFileException if the descriptor is not open
   * @throws IOException if the kernel does not say
   */
  static boolean holdsLock(String number, long position) throws IOException {
    for (String line : Files.readAllLines(FACTS.resolve(number))) {
      // lock: 1: POSIX  ADVISORY  WRITE 1234 08:01:5678 5 5
      if (line.startsWith("lock:") && isOn(position, words(line))) {
        return true;
      }
    }
    return false;
  }

  /**
   * Which process of this container holds the lock of one byte of a file; empty if none does, or
   * the kernel does not say.
   *
   * @param identity of the file, as a string
   */
  static OptionalLong holder(String identity, long position) {
    // (dev=fd00,ino=1234): the kernel's number of a device may be another than what a stat tells.
    String inode = ":" + identity.replaceAll(".*ino=(\\d+).*", "$1");
    try {
      for (String line : Files.readAllLines(LOCKS)) {
        // 1: POSIX  ADVISORY  WRITE 1234 08:01:5678 5 5
        String[] words = words(line);
        if (isOn(position, words) && words[words.length - 3].endsWith(inode)) {
          long pid = Long.parseLong(words[words.length - 4]);
          return pid > 0 ? OptionalLong.of(pid) : OptionalLong.empty();
        }
      }
    } catch (IOException | RuntimeException e) {
      // For people only.
    }
    return OptionalLong.empty();
  }

  private static String[] words(String line) {
    return line.trim().split("\\s+", -1);
  }

  /**
   * A process that waits for a lock is listed too, behind an arrow; nobody waits in the kernel for
   * ours.
   */
  private static boolean isOn(long position, String[] words) {
    int last = words.length - 1;
    return last >= 7
        && words[last - 4].equals("WRITE")
        && Long.parseLong(words[last - 1]) <= position
        && (words[last].equals("EOF") || position <= Long.parseLong(words[last]));
  }
}
