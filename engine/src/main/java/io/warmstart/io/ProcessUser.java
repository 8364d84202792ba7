package io.warmstart.io;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Objects;

/**
 * The user that this process acts as.
 *
 * <p>Not the owner of {@code /proc/self}, which is root or nobody for a process that changed its
 * user, nor the {@code user.name} of the JVM, which a host without a table of users does not know.
 */
public final class ProcessUser {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String LINE = "Uid:";

  /** Real, effective, saved and, last, the one that file systems judge by. */
  private static final int COLUMN = 4;

  private ProcessUser() {}

  /**
   * The number by which file systems judge this process and which its files get, as its user
   * namespace counts.
   */
  public static int id() throws IOException {
    try {
      for (String line : Files.readAllLines(STATUS, StandardCharsets.ISO_8859_1)) {
        if (line.startsWith(LINE)) {
          return Integer.parseUnsignedInt(line.split("\\s+", -1)[COLUMN]);
        }
      }
    } catch (IOException | RuntimeException e) {
      return idByFile();
    }
    return idByFile();
  }

  /** Without {@code /proc}: the owner of a file that this process makes. */
  private static int idByFile() throws IOException {
    Path file = Files.createTempFile("warmstart-", "-user");
    try {
      return ownerOf(file);
    } finally {
      Files.delete(file);
    }
  }

  /** The number of a file's owner, of the link itself where it is one. */
  public static int ownerOf(Path file) throws IOException {
    return number(file, "unix:uid");
  }

  static int groupOf(Path file) throws IOException {
    return number(file, "unix:gid");
  }

  private static int number(Path file, String attribute) throws IOException {
    return (Integer)
        Objects.requireNonNull(Files.getAttribute(file, attribute, LinkOption.NOFOLLOW_LINKS));
  }
}
