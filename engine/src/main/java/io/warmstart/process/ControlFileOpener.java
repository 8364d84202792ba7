package io.warmstart.process;

import io.warmstart.io.FileFacts;
import io.warmstart.io.FileOps;
import io.warmstart.mapped.ControlLayout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * The name {@code .warmstart/coordination}: opens the file that it leads to, or makes a new one.
 *
 * <p>For one thread at a time, which holds the attach byte of the lock file when it opens.
 */
public final class ControlFileOpener {
  public static final String NAME = "coordination";
  private static final String STAGED_PREFIX = NAME + ".new-";
  private static final int MOST_ATTEMPTS = 1000;

  private final Placement place;
  private final Path directory;
  private final Path path;
  private final FileOps ops;

  /**
   * This process's own boot id, or that of the file that it has joined: a file that it makes in
   * that one's place belongs to the same index, and to the same staged files.
   */
  private long boot;

  public ControlFileOpener(Placement place, FileOps ops, long boot) {
    this.place = place;
    this.directory = place.directory();
    this.path = directory.resolve(NAME);
    this.ops = ops;
    this.boot = boot;
  }

  /** Asks whether processes use the file that is there. */
  public interface InUse {
    boolean ask() throws IOException;
  }

  /** Whether the name still leads to a mapped file, and that is whole. */
  public boolean isCurrent(ControlFile mapped) {
    try {
      FileFacts facts = ops.stat(path);
      return facts.sameFileAs(mapped.identity())
          && facts.size() == ControlLayout.FILE_LENGTH
          && mapped.isWhole();
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Maps the file, or a new one if it is not usable.
   *
   * <p>Whether a file of another boot id is left from before a reboot is not told by the id, since
   * containers can have ids of their own: if another process holds its row, it is in use, and
   * joined.
   *
   * @throws OtherLayoutException if it is of another layout and in use
   * @throws IOException if none can be made or mapped
   */
  public ControlFile open(InUse inUse) throws IOException {
    try {
      FileFacts facts = ops.stat(path);
      if (facts.regular() && facts.size() == ControlLayout.FILE_LENGTH) {
        ControlFile existing = map();
        switch (existing.judge(boot)) {
          case USABLE -> {
            return existing;
          }
          case OTHER_BOOT -> {
            if (inUse.ask()) {
              boot = existing.boot();
              return existing;
            }
          }
          case OTHER_LAYOUT -> {
            if (inUse.ask()) {
              throw new OtherLayoutException(path);
            }
          }
          case DAMAGED -> {}
        }
      }
    } catch (NoSuchFileException e) {
      // The first process on this root, or somebody has cleaned up.
    }
    return create();
  }

  /** Maps the file, which must be the same before and after: see {@link LockFile}. */
  private ControlFile map() throws IOException {
    for (int attempt = 1; ; attempt++) {
      FileFacts before = ops.stat(path);
      try (FileOps.FileHandle file = ops.openForWriting(path)) {
        ControlFile mapped = over(file);
        if (mapped.identity().sameFileAs(before)) {
          return mapped;
        }
      }
      if (attempt == MOST_ATTEMPTS) {
        throw new IOException("the file is replaced again and again: file=" + path);
      }
    }
  }

  private ControlFile over(FileOps.FileHandle file) throws IOException {
    return new ControlFile(file.mapShared(ControlLayout.FILE_LENGTH), file.facts(), place);
  }

  /**
   * Zeros are written, not left as a hole: on a full disk there would be no page for it.
   *
   * <p>Under a name of its own: while somebody keeps deleting the engine's files, two processes may
   * each hold the attach byte of another lock file and be here at once, and one that took the
   * other's file for its own by a shared name would believe itself attached to it for good.
   */
  private ControlFile create() throws IOException {
    removeStaged();
    Path staged =
        directory.resolve(STAGED_PREFIX + ProcessHandle.current().pid() + "-" + System.nanoTime());
    try (FileOps.FileHandle file = ops.createExclusive(staged)) {
      file.write(ByteBuffer.allocate(ControlLayout.FILE_LENGTH));
      ControlFile.initialise(file.mapShared(ControlLayout.FILE_LENGTH), boot);
      ControlFile made = over(file);
      ops.rename(staged, path);
      return made;
    } catch (IOException | RuntimeException | Error e) {
      // On a full disk every attempt would leave one more.
      try {
        ops.unlink(staged);
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  /** What processes have left that died while they made the file. */
  private void removeStaged() throws IOException {
    for (String name : ops.list(directory)) {
      if (name.startsWith(STAGED_PREFIX)) {
        try {
          ops.unlink(directory.resolve(name));
        } catch (NoSuchFileException | DirectoryNotEmptyException e) {
          // Gone since the listing; or no file of ours, and in nobody's way.
        }
      }
    }
  }
}
