package io.warmstart.index;

import io.warmstart.io.FileFacts;
import io.warmstart.io.FileOps;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The one descriptor of {@code .warmstart/locks} that a process has, and the byte-range locks that
 * it holds through it.
 *
 * <p>For one thread, the registry's: see {@link ProcessRegistry} for what any other would break.
 */
final class LockFile {
  static final String NAME = "locks";

  private static final int MOST_ATTEMPTS = 1000;
  private static final Set<OpenOption> CREATE_OPTIONS =
      Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
  private static final Set<OpenOption> OPEN_OPTIONS =
      Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
  private static final FileAttribute<?> PRIVATE_FILE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private final Path directory;
  private final Path path;
  private final FileOps ops;
  private @Nullable FileChannel channel;
  private @Nullable FileFacts identity;

  LockFile(Path directory, FileOps ops) {
    this.directory = directory;
    this.path = directory.resolve(NAME);
    this.ops = ops;
  }

  Path path() {
    return path;
  }

  /** Whether the file is open and its name still leads to it. */
  boolean isCurrent() {
    FileChannel open = channel;
    FileFacts opened = identity;
    if (open == null || !open.isOpen() || opened == null) {
      return false;
    }
    try {
      return ops.stat(path).sameFileAs(opened);
    } catch (IOException e) {
      // Gone or out of reach: nobody else will find it either.
      return false;
    }
  }

  /**
   * Opens the file that the name leads to now, making it if need be, unless it is open already.
   *
   * @return whether it was opened: locks that were held before are gone
   */
  boolean open() throws IOException {
    if (isCurrent()) {
      return false;
    }
    close();
    for (int attempt = 1; channel == null; attempt++) {
      try {
        createEngineDirectory();
        refuseOtherThanFile();
        create();
        openIfUnreplaced();
      } catch (NoSuchFileException e) {
        // The original store removes any directory of a root that it finds empty, and this one is
        // for an instant. A file in it ends that.
        if (attempt == MOST_ATTEMPTS) {
          throw e;
        }
      }
    }
    return true;
  }

  /**
   * Closing it again drops no lock: this process holds none on a file that it has not opened yet.
   */
  private void create() throws IOException {
    try {
      FileChannel.open(path, CREATE_OPTIONS, PRIVATE_FILE).close();
    } catch (FileAlreadyExistsException e) {
      // The usual case.
    }
  }

  /**
   * Opens the lock file, if the name leads to the same one before and after. Java tells nothing of
   * the file behind a descriptor; a lock on a file that was replaced in between would be seen by
   * nobody, and no later look at the name would tell.
   */
  private void openIfUnreplaced() throws IOException {
    FileFacts before = ops.stat(path);
    FileChannel opened = FileChannel.open(path, OPEN_OPTIONS);
    boolean kept = false;
    try {
      FileFacts after = ops.stat(path);
      if (after.sameFileAs(before)) {
        channel = opened;
        identity = after;
        kept = true;
      }
    } finally {
      if (!kept) {
        opened.close();
      }
    }
  }

  private void createEngineDirectory() throws IOException {
    try {
      ops.createDirectory(directory);
    } catch (FileAlreadyExistsException e) {
      // The usual case.
      if (!ops.stat(directory).directory()) {
        throw new FileSystemException(directory.toString(), null, "not a directory");
      }
    }
  }

  /** Said here, since the error of opening a link or a pipe for writing names no file. */
  private void refuseOtherThanFile() throws IOException {
    try {
      if (!ops.stat(path).regular()) {
        throw new FileSystemException(path.toString(), null, "not a regular file");
      }
    } catch (NoSuchFileException e) {
      // The first process on this root makes it.
    }
  }

  /**
   * Takes the lock on one byte, held until it is released or the file closed.
   *
   * @return null if it is held, by another process or through another copy of this class
   */
  @Nullable FileLock tryLock(long position) throws IOException {
    FileChannel open = channel;
    if (open == null) {
      throw new IOException("not attached: " + directory);
    }
    try {
      return open.tryLock(position, 1, false);
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  /** Closes the file, and with it drops every lock. */
  void close() {
    FileChannel open = channel;
    channel = null;
    identity = null;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        // The locks are gone with the descriptor, which the kernel frees in any case.
        return;
      }
    }
  }
}
