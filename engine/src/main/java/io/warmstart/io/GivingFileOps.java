package io.warmstart.io;

import java.io.IOException;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * File operations of a process that may give files away, root as a rule, on the store of another
 * user: what it makes belongs to that user from the moment on in which it is made.
 *
 * <p>Without that, one look by root would leave a manifest, a lock file or a key directory of mode
 * 0600 or 0700 that the store's own processes can no longer open.
 */
public final class GivingFileOps implements FileOps {
  private final FileOps ops;
  private final int user;
  private final int group;

  /**
   * Wraps operations.
   *
   * @param like the file or directory whose owner and group are given
   */
  public GivingFileOps(FileOps ops, Path like) throws IOException {
    this.ops = ops;
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
    try {
      give(file);
      return handle;
    } catch (IOException | RuntimeException | Error e) {
      try (handle) {
        ops.unlink(file);
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  @Override
  public AsynchronousFileChannel openForLocks(Path file, boolean create) throws IOException {
    AsynchronousFileChannel channel = ops.openForLocks(file, create);
    if (create) {
      try {
        give(file);
      } catch (IOException | RuntimeException | Error e) {
        try (channel) {
          ops.unlink(file);
        } catch (IOException suppressed) {
          e.addSuppressed(suppressed);
        }
        throw e;
      }
    }
    return channel;
  }

  @Override
  public FileFacts stat(Path path) throws IOException {
    return ops.stat(path);
  }

  @Override
  public long changedNanos(Path path) throws IOException {
    return ops.changedNanos(path);
  }

  @Override
  public List<String> list(Path directory) throws IOException {
    return ops.list(directory);
  }

  @Override
  public long usableBytes(Path directory) {
    return ops.usableBytes(directory);
  }

  @Override
  public void removeDirectory(Path directory) throws IOException {
    ops.removeDirectory(directory);
  }

  @Override
  public FileHandle openForReading(Path file) throws IOException {
    return ops.openForReading(file);
  }

  @Override
  public FileHandle openForWriting(Path file) throws IOException {
    return ops.openForWriting(file);
  }

  @Override
  public void rename(Path source, Path target) throws IOException {
    ops.rename(source, target);
  }

  @Override
  public void link(Path newName, Path existing) throws IOException {
    ops.link(newName, existing);
  }

  @Override
  public void unlink(Path file) throws IOException {
    ops.unlink(file);
  }

  @Override
  public DirectoryHandle openDirectory(Path directory) throws IOException {
    return ops.openDirectory(directory);
  }
}
