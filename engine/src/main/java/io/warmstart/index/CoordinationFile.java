package io.warmstart.index;

import io.warmstart.io.FileFacts;
import io.warmstart.io.FileOps;
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
final class CoordinationFile {
  static final String NAME = "coordination";
  private static final String STAGED_PREFIX = NAME + ".new-";
  private static final int MOST_ATTEMPTS = 1000;

  private final Path directory;
  private final Path path;
  private final FileOps ops;
  private final long boot;
  private final long ownerBoot;

  /** The monitor under which this process writes its row, through whichever mapping. */
  CoordinationFile(Path directory, FileOps ops, long boot, long ownerBoot) {
    this.directory = directory;
    this.path = directory.resolve(NAME);
    this.ops = ops;
    this.boot = boot;
    this.ownerBoot = ownerBoot;
  }

  /** Asks whether processes use the file that is there. */
  interface InUse {
    boolean ask() throws IOException;
  }

  /** Whether the name still leads to a mapped file, and that is whole. */
  boolean isCurrent(Coordination mapped) {
    try {
      FileFacts facts = ops.stat(path);
      return facts.sameFileAs(mapped.identity())
          && facts.size() == CoordinationLayout.FILE_LENGTH
          && mapped.judge() == Coordination.Verdict.USABLE;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Maps the file, or one made anew if it is not usable.
   *
   * @throws IOException if it is of another layout and in use, or none can be made
   */
  Coordination open(InUse inUse) throws IOException {
    try {
      FileFacts facts = ops.stat(path);
      if (facts.regular() && facts.size() == CoordinationLayout.FILE_LENGTH) {
        Coordination existing = map();
        switch (existing.judge()) {
          case USABLE -> {
            return existing;
          }
          case OTHER_LAYOUT -> refuse(inUse);
          case STALE, DAMAGED -> {}
        }
      }
    } catch (NoSuchFileException e) {
      // The first process on this root, or somebody has cleaned up.
    }
    return create();
  }

  private void refuse(InUse inUse) throws IOException {
    if (inUse.ask()) {
      throw new IOException(
          "a process of another warmstart version is using this root: expected layout="
              + Coordination.versionText()
              + " file="
              + path);
    }
  }

  /** Maps the file, which must be the same before and after: see {@link LockFile}. */
  private Coordination map() throws IOException {
    for (int attempt = 1; ; attempt++) {
      FileFacts before = ops.stat(path);
      try (FileOps.FileHandle file = ops.openForWriting(path)) {
        Coordination mapped = over(file);
        if (mapped.identity().sameFileAs(before)) {
          return mapped;
        }
      }
      if (attempt == MOST_ATTEMPTS) {
        throw new IOException("the file is replaced again and again: file=" + path);
      }
    }
  }

  private Coordination over(FileOps.FileHandle file) throws IOException {
    return new Coordination(
        file.mapShared(CoordinationLayout.FILE_LENGTH), file.facts(), boot, ownerBoot);
  }

  /**
   * Zeros are written, not left as a hole: on a full disk there would be no page for it.
   *
   * <p>Under a name of its own: while somebody keeps deleting the engine's files, two processes may
   * each hold the attach byte of another lock file and be here at once, and one that took the
   * other's file for its own by a shared name would believe itself attached to it for good.
   */
  private Coordination create() throws IOException {
    removeStaged();
    Path staged =
        directory.resolve(STAGED_PREFIX + ProcessHandle.current().pid() + "-" + System.nanoTime());
    try (FileOps.FileHandle file = ops.createExclusive(staged)) {
      file.write(ByteBuffer.allocate(CoordinationLayout.FILE_LENGTH));
      Coordination made = over(file);
      made.initialise();
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
