package io.warmstart.index.table;

import io.warmstart.io.FileFacts;
import io.warmstart.io.FileOps;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.mapped.MappedFaults;
import io.warmstart.process.ProcessTable;
import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Makes and maps the files of an index. What makes is called under the allocation lock; the rest is
 * safe for all threads.
 */
public class IndexMapper implements IndexFiles.Extensions {
  public static final String NAME = "index";
  private static final String EXTENSION_PREFIX = "index-";
  private static final String STAGED_PREFIX = "index.new-";
  private static final int ZEROS = 1 << 20;

  /** What is left for saves where a file of the index is made: as much again, or this. */
  private static final long MOST_SPARED = 64 << 20;

  private final Path directory;
  private final FileOps ops;
  private final LongSupplier boot;
  private final boolean readOnly;
  private final SecureRandom random = new SecureRandom();

  /**
   * Makes the mapper of a directory.
   *
   * @param boot the boot id of all who use the coordination file beside it
   * @param readOnly whether it only maps what there is, and nothing is ever stored there
   */
  public IndexMapper(Path directory, FileOps ops, LongSupplier boot, boolean readOnly) {
    this.directory = directory;
    this.ops = ops;
    this.boot = boot;
    this.readOnly = readOnly;
  }

  /** Whether it only maps what there is. */
  public boolean readOnly() {
    return readOnly;
  }

  /** Maps the index that is there; null if there is none that can be used. */
  public @Nullable IndexFiles open() throws IOException {
    IndexFile first = map(0);
    if (first == null) {
      return null;
    }
    if (!first.usable(boot.getAsLong())) {
      if (!readOnly) {
        // Before a new one can be found: see Index.
        new IndexFiles(first, this).supersede();
      }
      MappedFaults.raisePending();
      return null;
    }
    MappedFaults.raisePending();
    return new IndexFiles(first, this);
  }

  /** Whether what lies there was damaged, and is no index of another boot or a copy of one. */
  public boolean isThereDamaged() throws IOException {
    try {
      ops.stat(path(0));
    } catch (NoSuchFileException e) {
      return false;
    }
    IndexFile first = map(0);
    boolean damaged = first == null || !first.isOfElsewhere(boot.getAsLong());
    MappedFaults.raisePending();
    return damaged;
  }

  /** Makes an empty index in place of whatever there is, which nobody can use any more. */
  public IndexFiles make() throws IOException {
    removeStaged();
    // First, and extensions too: they may hold the very room that the new one needs.
    removeOld();
    return new IndexFiles(create(0, random.nextLong()), this);
  }

  @Override
  public @Nullable IndexFile open(int number, long generation) throws IOException {
    IndexFile file = map(number);
    boolean fits = file != null && file.usableIn(generation);
    MappedFaults.raisePending();
    return fits ? file : null;
  }

  @Override
  public IndexFile make(int number, long generation) throws IOException {
    IndexFile existing = open(number, generation);
    if (existing == null) {
      // First: it may hold the very room that is wanted.
      removeStaged();
      existing = create(number, generation);
    }
    return existing;
  }

  /** Whether the names still lead to the files, at their full length. */
  public boolean leadsTo(IndexFiles files) {
    for (int number = 0; number < IndexLayout.MOST_FILES; number++) {
      FileFacts identity = files.identity(number);
      if (identity != null) {
        try {
          FileFacts facts = ops.stat(path(number));
          if (!facts.sameFileAs(identity) || facts.size() != IndexLayout.fileLength(number)) {
            return false;
          }
        } catch (IOException e) {
          // Gone or out of reach: nobody else will find it either.
          return false;
        }
      }
    }
    return true;
  }

  @Override
  public String toString() {
    return "directory=" + directory;
  }

  private Path path(int number) {
    return directory.resolve(number == 0 ? NAME : EXTENSION_PREFIX + number);
  }

  /** The file must be the same before and after: a name can be given another one in between. */
  private @Nullable IndexFile map(int number) throws IOException {
    return Uninterrupted.call(() -> Optional.ofNullable(mapOnce(number))).orElse(null);
  }

  private @Nullable IndexFile mapOnce(int number) throws IOException {
    Path path = path(number);
    int length = IndexLayout.fileLength(number);
    try {
      FileFacts before = ops.stat(path);
      if (!before.regular() || before.size() != length) {
        return null;
      }
      try (FileOps.FileHandle file =
          readOnly ? ops.openForReading(path) : ops.openForWriting(path)) {
        AtomicBuffer buffer =
            readOnly
                ? new UnwritableBuffer(file.mapReadOnly(length))
                : new UnsafeBuffer(file.mapShared(length));
        FileFacts opened = file.facts();
        return opened.sameFileAs(before) ? new IndexFile(buffer, number, opened) : null;
      }
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /**
   * Zeros are written, not left as a hole: a hole on a full disk kills the JVM that touches it.
   * Under a name of its own, for the reason that {@link ProcessTable} gives.
   */
  private IndexFile create(int number, long generation) throws IOException {
    return Uninterrupted.call(() -> createOnce(number, generation));
  }

  private IndexFile createOnce(int number, long generation) throws IOException {
    requireRoom(IndexLayout.fileLength(number));
    Path staged =
        directory.resolve(STAGED_PREFIX + ProcessHandle.current().pid() + "-" + System.nanoTime());
    int length = IndexLayout.fileLength(number);
    boolean renamed = false;
    try (FileOps.FileHandle file = ops.createExclusive(staged)) {
      ByteBuffer zeros = ByteBuffer.allocate(Math.min(ZEROS, length));
      for (int written = 0; written < length; written += zeros.limit()) {
        zeros.clear().limit(Math.min(zeros.capacity(), length - written));
        file.write(zeros);
      }
      MappedByteBuffer mapped = file.mapShared(length);
      IndexFile made = new IndexFile(new UnsafeBuffer(mapped), number, file.facts());
      made.initialise(boot.getAsLong(), generation);
      MappedFaults.raisePending();
      ops.rename(staged, path(number));
      renamed = true;
      return made;
    } finally {
      if (!renamed) {
        removeStaged();
      }
    }
  }

  /**
   * Not the last of the room: a save that finds none because an index is being tried has failed for
   * a hint.
   */
  private void requireRoom(long length) throws IOException {
    long needed = length + Math.min(length, MOST_SPARED);
    long usable = ops.usableBytes(directory);
    if (usable < needed) {
      throw new IOException(
          "no room for an index file: expected>="
              + needed
              + " usable bytes actual="
              + usable
              + " directory="
              + directory);
    }
  }

  private void removeOld() throws IOException {
    for (String name : ops.list(directory)) {
      if (name.equals(NAME) || name.matches(EXTENSION_PREFIX + "\\d+")) {
        unlinkIfFile(name);
      }
    }
  }

  /** What has not become an index, and what processes have left that died while they made one. */
  private void removeStaged() throws IOException {
    for (String name : ops.list(directory)) {
      if (name.startsWith(STAGED_PREFIX)) {
        unlinkIfFile(name);
      }
    }
  }

  private void unlinkIfFile(String name) throws IOException {
    try {
      ops.unlink(directory.resolve(name));
    } catch (NoSuchFileException | DirectoryNotEmptyException e) {
      // Gone since the listing; or no file of ours, and in nobody's way.
    }
  }
}
