package io.warmstart.index.table;

import static io.warmstart.mapped.IndexLayout.GENERATION_OFFSET;
import static io.warmstart.mapped.IndexLayout.KEYS_OFFSET;
import static io.warmstart.mapped.IndexLayout.MOST_FILES;
import static io.warmstart.mapped.IndexLayout.MOST_PAGES;
import static io.warmstart.mapped.IndexLayout.PAGES_USED_OFFSET;
import static io.warmstart.mapped.IndexLayout.SEGMENTS_OFFSET;
import static io.warmstart.mapped.IndexLayout.STATE_OFFSET;
import static io.warmstart.mapped.IndexLayout.SUPERSEDED;

import io.warmstart.io.FileFacts;
import io.warmstart.mapped.Checksums;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.mapped.MappedFaults;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.agrona.concurrent.AtomicBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The files of one generation of the index as this process has them mapped, and their pages.
 *
 * <p>The index grows by whole new files beside those that are in use. A process maps a file when it
 * first meets a page of it.
 *
 * <p>Safe for all threads.
 */
public final class IndexFiles {
  /** Where the files after the first come from. */
  public interface Extensions {
    /**
     * Maps an extension that another process may have made; null if there is none that fits.
     *
     * @throws IOException if it may be there and cannot be mapped
     */
    @Nullable IndexFile open(int number, long generation) throws IOException;

    /** Makes an extension, or maps it if it has been made. Under the allocation lock. */
    IndexFile make(int number, long generation) throws IOException;
  }

  /** Where there was no room it is not looked for again with each key that wants some. */
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  /** The first file, with header and stripes. */
  public final AtomicBuffer base;

  private final long generation;
  private final Extensions extensions;
  private final AtomicReferenceArray<@Nullable IndexFile> files =
      new AtomicReferenceArray<>(MOST_FILES);
  private volatile boolean lost;

  // Written under the allocation lock.
  private volatile @Nullable IOException growthFailure;
  private volatile long growthFailedAtNanos;

  public IndexFiles(IndexFile first, Extensions extensions) {
    this.base = first.buffer;
    this.generation = first.generation();
    this.extensions = extensions;
    files.set(0, first);
  }

  /** The identity of a file that is mapped; null if it is not. */
  @Nullable FileFacts identity(int number) {
    IndexFile file = files.get(number);
    return file == null ? null : file.identity();
  }

  /** Which segments of the journal there are: another word whenever one comes or goes. */
  public long segmentsWord() {
    long word = base.getLongVolatile(SEGMENTS_OFFSET) ^ Checksums.mix(generation);
    return word == 0 ? 1 : word;
  }

  public void segmentsChanged(long freshWord) {
    base.putLongVolatile(SEGMENTS_OFFSET, freshWord);
  }

  /** Which keys have files: another word before any other one gets some. */
  public long keysWord() {
    return base.getLongVolatile(KEYS_OFFSET) ^ Checksums.mix(generation);
  }

  public void keysChanged(long freshWord) {
    base.putLongVolatile(KEYS_OFFSET, freshWord);
  }

  /** Whether this generation may be read from: not superseded, no page lost. */
  public boolean live() {
    return !lost && base.getLongVolatile(STATE_OFFSET) == IndexLayout.LIVE;
  }

  /** Whether this process has lost a page or a file of it, or has seen it superseded. */
  public boolean lost() {
    return lost;
  }

  /** Whether the first file still is what was mapped: somebody may have written another over it. */
  public boolean isOfItsGeneration() {
    return base.getLongVolatile(GENERATION_OFFSET) == generation;
  }

  /** Whether this process has lost it, and nobody has superseded it. */
  public boolean lostAlone() {
    return lost && base.getLongVolatile(STATE_OFFSET) == IndexLayout.LIVE;
  }

  /** Marks the mappings as lost, after an InternalError. */
  public void lose() {
    lost = true;
  }

  /** Tells everybody to attach to the generation that is about to take this one's place. */
  void supersede() {
    lost = true;
    base.putLongVolatile(STATE_OFFSET, SUPERSEDED);
  }

  /**
   * Retires this generation: the caller has read a word that no writer can have stored, so the
   * index is corrupt. The next generation begins with an unknown total.
   */
  public void giveUp() {
    // Not for what a page that is gone has left in a register, nor because this process has lost a
    // file, or cannot map it: that costs this process alone.
    MappedFaults.raisePending();
    if (!lost) {
      supersede();
    }
  }

  /** The file that a page lies in which was given out; null if this process cannot map it. */
  @Nullable IndexFile fileOf(int page) {
    int number = IndexLayout.fileOf(page);
    IndexFile file = files.get(number);
    return file == null ? map(number) : file;
  }

  /**
   * The file that a slot lies in, if it is mapped; null for one that this process has not met, or
   * that is none.
   */
  public @Nullable IndexFile ofSlot(int slot) {
    return slot < 0 || slot >= MOST_PAGES * IndexLayout.SLOTS_PER_PAGE
        ? null
        : files.get(IndexLayout.fileOfSlot(slot));
  }

  private synchronized @Nullable IndexFile map(int number) {
    IndexFile file = files.get(number);
    if (file == null) {
      try {
        file = extensions.open(number, generation);
      } catch (IOException e) {
        // Out of this process's reach, for want of memory say.
        lost = true;
        return null;
      }
      if (file == null) {
        // Pages of it have been given out, and nobody who does not have it will find it any more.
        supersede();
        return null;
      }
      files.set(number, file);
    }
    return file;
  }

  /** Why the last attempt to grow has failed; null if none has, or there is no more to grow to. */
  public @Nullable IOException growthFailure() {
    return growthFailure;
  }

  /** A full disk, first of all. What finds no room is answered from files. */
  private boolean grow(int number) {
    long now = System.nanoTime();
    if (growthFailure != null && now - growthFailedAtNanos < RETRY_NANOS) {
      return false;
    }
    try {
      files.set(number, extensions.make(number, generation));
      growthFailure = null;
      return true;
    } catch (IOException e) {
      growthFailedAtNanos = now;
      growthFailure = e;
      return false;
    }
  }

  /**
   * Gives out adjacent pages of zeros, all in one file. The caller holds the allocation lock.
   *
   * @return the first one's number; 0 if there is no room
   */
  public int allocate(int count) {
    long used = usedPages(base.getLongVolatile(PAGES_USED_OFFSET));
    if (used < 1) {
      giveUp();
      return 0;
    }
    int page = (int) used;
    while (page + count <= MOST_PAGES) {
      int number = IndexLayout.fileOf(page);
      int end = IndexLayout.firstPage(number) + IndexLayout.pagesIn(number);
      if (page + count > end) {
        // What is left of this file is too short, and stays unused.
        page = end;
      } else if (has(number, used)) {
        base.putLongVolatile(PAGES_USED_OFFSET, IndexFile.pagesUsed(page + count));
        return page;
      } else {
        return 0;
      }
    }
    return 0;
  }

  private boolean has(int number, long used) {
    return files.get(number) != null
        || (used <= IndexLayout.firstPage(number) ? grow(number) : map(number) != null);
  }

  /** How many pages are given out by a word; -1 if its check is wrong. */
  public static long usedPages(long word) {
    return IndexFile.pagesUsedOf(word);
  }
}
