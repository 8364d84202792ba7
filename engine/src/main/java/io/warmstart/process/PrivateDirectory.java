package io.warmstart.process;

import io.warmstart.io.ProcessUser;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Objects;

/**
 * A directory that only one user can have filled: what lies in it may be believed as much as what
 * lies in the root. Asked for where others may make names beside it, as in {@code /dev/shm}.
 */
public final class PrivateDirectory {
  private static final int OTHERS_MODE = 0077;

  private PrivateDirectory() {}

  /**
   * Refuses a directory that is none, or a link to one, or another user's, or open to others.
   *
   * @param user the number of the user whose it must be
   * @throws FileSystemException that says what was expected
   */
  public static void require(Path directory, int user) throws IOException {
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileSystemException(directory.toString(), null, "not a directory");
    }
    int owner = ProcessUser.ownerOf(directory);
    if (owner != user) {
      throw new FileSystemException(
          directory.toString(),
          null,
          "owner: expected="
              + Integer.toUnsignedString(user)
              + " actual="
              + Integer.toUnsignedString(owner));
    }
    Integer modeBits =
        (Integer) Files.getAttribute(directory, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    int mode = Objects.requireNonNull(modeBits) & 0777;
    if ((mode & OTHERS_MODE) != 0) {
      throw new FileSystemException(
          directory.toString(), null, "mode: expected=700 actual=" + Integer.toOctalString(mode));
    }
  }
}
