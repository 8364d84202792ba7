package io.warmstart.index;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Objects;

/**
 * A directory that only this user can have filled: what lies in it may be believed as much as what
 * lies in the root. Asked for where others may make names beside it, as in {@code /dev/shm}.
 */
public final class PrivateDirectory {
  private static final Path SELF = Path.of("/proc/self");
  private static final int OTHERS_MODE = 0077;

  private PrivateDirectory() {}

  /** The user that this process acts as. */
  public static int user() throws IOException {
    return attribute(SELF, "unix:uid");
  }

  /**
   * Refuses a directory that is none, or a link to one, or another user's, or open to others.
   *
   * @throws FileSystemException that says what was expected
   */
  public static void require(Path directory) throws IOException {
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileSystemException(directory.toString(), null, "not a directory");
    }
    int owner = attribute(directory, "unix:uid");
    if (owner != user()) {
      throw new FileSystemException(
          directory.toString(), null, "owner: expected=" + user() + " actual=" + owner);
    }
    int mode = attribute(directory, "unix:mode") & 0777;
    if ((mode & OTHERS_MODE) != 0) {
      throw new FileSystemException(
          directory.toString(), null, "mode: expected=700 actual=" + Integer.toOctalString(mode));
    }
  }

  private static int attribute(Path path, String name) throws IOException {
    return (Integer)
        Objects.requireNonNull(Files.getAttribute(path, name, LinkOption.NOFOLLOW_LINKS));
  }
}
