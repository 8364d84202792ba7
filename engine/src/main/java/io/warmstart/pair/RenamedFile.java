package io.warmstart.pair;

import io.warmstart.io.Directories;
import io.warmstart.io.FileOps;
import io.warmstart.io.Pieces;
import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A small file of the engine's, which is replaced by a rename and never written in place: a reader
 * finds the bytes before or those after, whatever dies in between. Safe for all threads.
 */
public final class RenamedFile {
  /** Neither end nor middle are names that the original store would delete. */
  private static final String STAGED_MARK = ".new-";

  /**
   * From when on a staged file may be taken for that of a dead writer. One that lives may lose its
   * own all the same, where clocks differ by so much: it stages again.
   */
  private static final long ABANDONED_NANOS = TimeUnit.MINUTES.toNanos(10);

  private static final int MOST_PUBLISH_ATTEMPTS = 4;

  private final FileOps ops;
  private final ChangeAges ages;
  private final List<Path> directories;
  private final Path path;
  private final String stagedPrefix;

  /**
   * A file that may not be there.
   *
   * @param directories those that lead to it, from one that is there; the others are made. It is
   *     staged in the second, which has few names: those that the dead have left are looked for
   * @param kind of file: what staged ones begin with
   */
  public RenamedFile(
      FileOps ops, ChangeAges ages, List<Path> directories, String name, String kind) {
    this.ops = ops;
    this.ages = ages;
    this.directories = List.copyOf(directories);
    this.path = directory().resolve(name);
    this.stagedPrefix = kind + STAGED_MARK;
  }

  private Path directory() {
    return directories.get(directories.size() - 1);
  }

  public Path path() {
    return path;
  }

  /**
   * Reads it.
   *
   * @return the bytes to the end of the file that is opened, or one more than {@code most}
   */
  public byte[] read(int most) throws IOException {
    return Uninterrupted.call(() -> ops.rereads().call(() -> Pieces.first(ops, path, most + 1)));
  }

  /**
   * Puts other bytes in its place, durably. A death or a failure before the rename leaves those
   * that were there.
   *
   * @param alone whether no other process can be publishing in the directory: then all that dead
   *     ones have staged goes, and else what is old
   */
  public void publish(byte[] bytes, boolean alone) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        for (Path each : directories.subList(1, directories.size())) {
          Directories.make(ops, each);
        }
        removeStaged(alone);
        putInPlace(bytes);
        break;
      } catch (NoSuchFileException e) {
        // Somebody has taken what was staged for abandoned, or has removed the directory.
        if (attempt == MOST_PUBLISH_ATTEMPTS) {
          throw e;
        }
      }
    }
    for (int each = directories.size() - 1; each >= 0; each--) {
      Directories.sync(ops, directories.get(each));
    }
  }

  /** Removes it, durably. */
  public void remove() throws IOException {
    try {
      ops.unlink(path);
    } catch (NoSuchFileException e) {
      return;
    }
    Directories.sync(ops, directory());
  }

  private void putInPlace(byte[] bytes) throws IOException {
    Path staged =
        directories
            .get(1)
            .resolve(
                stagedPrefix
                    + Long.toHexString(ProcessHandle.current().pid())
                    + '-'
                    + Long.toHexString(System.nanoTime()));
    try {
      Uninterrupted.call(
          () -> {
            ops.unlinkIfThere(staged);
            try (FileOps.FileHandle file = ops.createExclusive(staged)) {
              file.write(ByteBuffer.wrap(bytes));
              // An unsynced file may be empty after a power cut.
              file.sync();
            }
            return 0;
          });
      ops.rename(staged, path);
    } catch (IOException e) {
      removeAfter(staged, e);
      throw named(e);
    } catch (RuntimeException | Error e) {
      removeAfter(staged, e);
      throw e;
    }
  }

  private void removeAfter(Path staged, Throwable failure) {
    try {
      ops.unlinkIfThere(staged);
    } catch (IOException left) {
      failure.addSuppressed(left);
    }
  }

  /** A write or a sync fails without the name of a file: a user would look at the directory. */
  private IOException named(IOException failure) {
    if (failure.getClass() != IOException.class) {
      return failure;
    }
    FileSystemException named =
        new FileSystemException(path.toString(), null, StoreFailures.describe(failure));
    named.initCause(failure);
    return named;
  }

  private void removeStaged(boolean all) throws IOException {
    Path stagedIn = directories.get(1);
    for (String other : ops.list(stagedIn)) {
      Path staged = stagedIn.resolve(other);
      if (other.startsWith(stagedPrefix) && (all || ages.isOlder(staged, ABANDONED_NANOS))) {
        ops.unlinkIfThere(staged);
      }
    }
  }
}
