package io.warmstart.process;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

/** What the kernel says of this process's own descriptors, which Java does not tell. */
final class OpenDescriptors {
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
  private static final Path FACTS = Path.of("/proc/self/fdinfo");

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
      String[] words = line.trim().split("\\s+", -1);
      if (words.length >= 9 && words[0].equals("lock:") && words[4].equals("WRITE")) {
        String end = words[words.length - 1];
        if (Long.parseLong(words[words.length - 2]) <= position
            && (end.equals("EOF") || position <= Long.parseLong(end))) {
          return true;
        }
      }
    }
    return false;
  }
}
