package io.warmstart.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * File operations of a process that may give files away, root as a rule, on the store of another
 * user: what it makes belongs to that user from the moment on in which it is made.
 *
 * <p>Without that, one look by root would leave a manifest, a lock file or a key directory of mode
 * 0600 or 0700 that the store's own processes can no longer open.
 */
public final class GivingFileOps extends ForwardingFileOps {
  private final int user;
  private final int group;

  /**
   * Wraps operations.
   *
   * @param like the file or directory whose owner and group are given
   */
  public GivingFileOps(FileOps ops, Path like) throws IOException {
    super(ops);
    this.user = ProcessUser.ownerOf(like);
    this.group = ProcessUser.groupOf(like);
  }

  /**
   * Gives a file or directory to that user.
   *
   * @throws IOException if this process may not
   */
  public void give(Path path) throws IOException {
    // By name, since Java has no fchown; the link itself, so that no file elsewhere is given away.
    Files.setAttribute(path, "unix:gid", group, LinkOption.NOFOLLOW_LINKS);
    Files.setAttribute(path, "unix:uid", user, LinkOption.NOFOLLOW_LINKS);
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    ops.createDirectory(directory);
    try {
      give(directory);
    } catch (NoSuchFileException e) {
      // A sibling has removed it while it was empty, as it may: the caller's next step says so.
      return;
    } catch (IOException | RuntimeException | Error e) {
      try {
        ops.removeDirectory(directory);
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  @Override
  public FileHandle createExclusive(Path file) throws IOException {
    FileHandle handle = ops.createExclusive(file);
    giveOrUnmake(file, handle);
    return handle;
  }

  @Override
  public AsynchronousFileChannel openForLocks(Path file, boolean create) throws IOException {
    AsynchronousFileChannel channel = ops.openForLocks(file, create);
    if (create) {
      giveOrUnmake(file, channel);
    }
    return channel;
  }

  private void giveOrUnmake(Path file, Closeable open) throws IOException {
    try {
      give(file);
    } catch (IOException | RuntimeException | Error e) {
      try (open) {
        ops.unlink(file);
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }
}
