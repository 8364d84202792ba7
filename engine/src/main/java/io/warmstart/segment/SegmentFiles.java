package io.warmstart.segment;

import io.warmstart.io.Directories;
import io.warmstart.io.FileFacts;
import io.warmstart.io.FileOps;
import io.warmstart.mapped.JournalLayout;
import io.warmstart.mapped.MappedFaults;
import io.warmstart.model.StoreTrouble.Kind;
import io.warmstart.notice.Notices;
import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** The files of the journal of a root: named, made, mapped, removed. Safe for all threads. */
public final class SegmentFiles {
  static final String DIRECTORY = "journal";
  public static final int MOST_SEGMENTS = 256;
  private static final String PREFIX = "segment-";
  private static final String STAGED_SUFFIX = ".new";
  private static final String BAD_SUFFIX = ".bad";

  /**
   * Zeros are written in pieces of four pages. The page cache keeps what was written at once in one
   * folio, all of which a sync writes that finds a byte of it stored. Pieces of one page make a
   * sync of 1 MiB take 1.2 to 1.7 times as long, pieces of 1 MiB one of 4 KiB 2.2 times; these cost
   * 1 or 2 % of it (Linux 6.18, ext4 without a journal).
   */
  private static final int ZEROS = 4 * 4096;

  private final FileOps ops;
  private final Notices notices;
  private final Path engineDirectory;
  private final Path directory;

  private final FailedSyncs failedSyncs = new FailedSyncs();

  /**
   * Makes the files of a root's journal.
   *
   * @param engineDirectory the engine's own directory in the root
   */
  public SegmentFiles(FileOps ops, Path engineDirectory, Notices notices) {
    this.notices = notices;
    this.ops = ops;
    this.engineDirectory = engineDirectory;
    this.directory = engineDirectory.resolve(DIRECTORY);
  }

  public Path directory() {
    return directory;
  }

  /**
   * What there is.
   *
   * @param numbers of segments
   * @param staged of segments that are being made, or whose maker died
   */
  public record Listed(List<Integer> numbers, List<Integer> staged) {
    static final Listed NONE = new Listed(List.of(), List.of());
  }

  /** Lists the segments; there is no directory before the first. */
  public Listed list() throws IOException {
    List<String> names;
    try {
      names = ops.list(directory);
    } catch (NoSuchFileException | NotDirectoryException e) {
      return Listed.NONE;
    } catch (AccessDeniedException e) {
      // Of another user, who lets this one read his entries alone.
      return Listed.NONE;
    }
    List<Integer> numbers = new ArrayList<>();
    List<Integer> staged = new ArrayList<>();
    for (String name : names) {
      boolean isStaged = name.endsWith(STAGED_SUFFIX);
      String stem = isStaged ? name.substring(0, name.length() - STAGED_SUFFIX.length()) : name;
      int number = numberOf(stem);
      if (number >= 0) {
        (isStaged ? staged : numbers).add(number);
      }
    }
    numbers.sort(null);
    return new Listed(numbers, staged);
  }

  private static int numberOf(String stem) {
    if (!stem.matches(PREFIX + "[0-9a-f]{8}")) {
      return -1;
    }
    long number = Long.parseLong(stem, PREFIX.length(), stem.length(), 16);
    return number < MOST_SEGMENTS ? (int) number : -1;
  }

  public Path path(int number) {
    return directory.resolve(PREFIX + HexFormat.of().toHexDigits(number));
  }

  private Path staged(int number) {
    return directory.resolve(path(number).getFileName() + STAGED_SUFFIX);
  }

  /** A segment's length; 0 if there is none. */
  public long bytesOf(int number) throws IOException {
    FileFacts facts = ops.statOrNull(path(number));
    return facts == null ? 0 : facts.size();
  }

  /** Whether a segment's name still leads to a file. */
  public boolean leadsTo(int number, FileFacts identity) throws IOException {
    FileFacts facts = ops.statOrNull(path(number));
    return facts != null && facts.sameFileAs(identity);
  }

  /**
   * Makes a segment, in a life with this salt. The caller holds its byte of the lock file.
   *
   * @return null if there is one already
   */
  public @Nullable Segment make(int number, int length, long boot, long salt) throws IOException {
    try {
      ops.createDirectory(directory);
    } catch (FileAlreadyExistsException e) {
      // The usual case. Its maker may not have made its name durable.
    }
    Directories.sync(ops, engineDirectory);
    if (bytesOf(number) > 0) {
      return null;
    }
    removeStaged(number);
    failedSyncs.forget(number);
    Path path = staged(number);
    Segment made = null;
    boolean whole = false;
    try (FileOps.FileHandle file = ops.createExclusive(path)) {
      ByteBuffer zeros = ByteBuffer.allocateDirect(ZEROS);
      for (int written = 0; written < length; written += ZEROS) {
        zeros.clear();
        file.write(zeros);
      }
      MappedByteBuffer mapped = file.mapShared(length);
      made = new Segment(number, new UnsafeBuffer(mapped), file.facts());
      made.begin(boot, salt);
      made.state(JournalLayout.IN_USE);
      MappedFaults.raisePending();
      file.sync();
      ops.rename(path, path(number));
      Directories.sync(ops, directory);
      whole = true;
      return made;
    } catch (InternalError e) {
      throw new IOException("a page of a segment is gone: file=" + path, e);
    } finally {
      if (!whole) {
        try {
          removeStaged(number);
        } finally {
          // Whether it was renamed, a rename that fails does not tell.
          if (made != null && leadsTo(number, made.identity())) {
            remove(number);
          }
        }
      }
    }
  }

  /**
   * Maps a segment.
   *
   * @param writable whether its words are to be stored to
   * @return null if there is no file there that can be one
   */
  public @Nullable Segment map(int number, boolean writable) throws IOException {
    return Uninterrupted.call(() -> mapOnce(number, writable)).orElse(null);
  }

  private Optional<Segment> mapOnce(int number, boolean writable) throws IOException {
    Path path = path(number);
    try {
      FileFacts before = ops.stat(path);
      if (!before.regular()
          || before.size() <= JournalLayout.HEADER_LENGTH
          || before.size() > Integer.MAX_VALUE) {
        return Optional.empty();
      }
      int length = (int) before.size();
      try (FileOps.FileHandle file =
          writable ? ops.openForWriting(path) : ops.openForReading(path)) {
        MappedByteBuffer mapped = writable ? file.mapShared(length) : file.mapReadOnly(length);
        return file.facts().sameFileAs(before)
            ? Optional.of(new Segment(number, new UnsafeBuffer(mapped), before))
            : Optional.empty();
      }
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** Opens a segment, to sync it. */
  public FileOps.SyncHandle openForSync(int number) throws IOException {
    return ops.openForSync(path(number));
  }

  /** Whether the directory is there. */
  public boolean hasDirectory() throws IOException {
    return ops.statOrNull(directory) != null;
  }

  /**
   * Has all segments, and which of them there are, survive a power cut.
   *
   * @throws IOException if they may not; of a segment of which a sync has failed before, that is so
   *     until it is gone
   */
  public void syncAll() throws IOException {
    for (int number : list().numbers()) {
      try {
        sync(number);
      } catch (NoSuchFileException e) {
        // Gone since the listing.
      }
    }
    Directories.sync(ops, directory);
  }

  /**
   * Has a segment survive a power cut, as it is now.
   *
   * @throws IOException if it may not, or a sync of it has failed before
   */
  public void sync(int number) throws IOException {
    FileOps.SyncHandle handle = openForSync(number);
    boolean kept = false;
    try {
      FailedSyncs.SyncedFile file = failedSyncs.of(number, ops.stat(path(number)));
      requireNoneFailed(number, file);
      boolean synced = false;
      try {
        handle.sync();
        synced = true;
      } finally {
        kept = !synced && file.failKeepingOpen(handle);
      }
      // Another thread's may have failed meanwhile, and then this one means nothing.
      requireNoneFailed(number, file);
    } finally {
      if (!kept) {
        handle.close();
      }
    }
  }

  private void requireNoneFailed(int number, FailedSyncs.SyncedFile file) throws IOException {
    if (file.failed()) {
      throw new IOException("a sync of a segment has failed before: file=" + path(number));
    }
  }

  /** What this process knows of the syncs of a segment. */
  FailedSyncs.SyncedFile synced(Segment segment) {
    return failedSyncs.of(segment.number(), segment.identity());
  }

  /** Opens a segment, to write to it past the mapping. */
  FileOps.FileHandle openForWriting(int number) throws IOException {
    return ops.openForWriting(path(number));
  }

  /** Refuses to make a segment without room for as much again: not the last of the room. */
  public void requireRoomFor(long length) throws IOException {
    long usable = ops.usableBytes(engineDirectory);
    if (usable < 2 * length) {
      throw new IOException(
          "no room for a segment: expected>="
              + 2 * length
              + " usable bytes actual="
              + usable
              + " directory="
              + engineDirectory);
    }
  }

  /** Says what has happened to a segment. */
  public void tell(String what, int number, @Nullable Throwable because) {
    notices.trouble(Kind.JOURNAL, what + ": file=" + path(number), because);
  }

  /** Says that a version cannot be read any more. */
  public void tellLost(JournalEntry entry) {
    notices.trouble(
        Kind.LOST,
        "a journalled save is lost, its bytes have changed: "
            + entry.run()
            + ": file="
            + path(entry.place().segment()),
        null);
  }

  /** Removes a segment. */
  public void remove(int number) throws IOException {
    ops.unlinkIfThere(path(number));
    failedSyncs.forget(number);
  }

  /** Keeps a segment that could not be read, for a person to look at. */
  public void setAside(int number) throws IOException {
    Path aside =
        directory.resolve(
            path(number).getFileName() + BAD_SUFFIX + "-" + System.currentTimeMillis());
    ops.rename(path(number), aside);
    tell(
        "a segment of the journal is damaged and was set aside as " + aside.getFileName(),
        number,
        null);
  }

  /** Removes what somebody has begun to make. The caller holds the segment's byte. */
  public void removeStaged(int number) throws IOException {
    ops.unlinkIfThere(staged(number));
  }
}
