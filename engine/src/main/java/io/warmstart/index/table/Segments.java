package io.warmstart.index.table;

import static io.warmstart.mapped.IndexLayout.DIRECTORY_BITS;
import static io.warmstart.mapped.IndexLayout.DIRECTORY_LENGTH;
import static io.warmstart.mapped.IndexLayout.SIZE_CLASS_BITS;
import static io.warmstart.mapped.IndexLayout.SPLIT_CLASS;

import io.warmstart.mapped.Checksums;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.model.Digest256;
import io.warmstart.process.StripeLocks;
import java.util.function.IntConsumer;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The segments of all stripes for one kind of record, and how they grow.
 *
 * <p>A stripe has a directory of references. The first bits of a key's hash pick one; neighbours
 * may refer to one segment. When a segment is full, its records move to one of twice its size,
 * until that is as large as a segment should be; from then on half of its references get a segment
 * of their own, and the records behind them move there. Only the stripe's holder does this:
 *
 * <ol>
 *   <li>It takes new pages, and copies the records that move.
 *   <li>It voids each of them where it was: a process that remembers that place must not go by it
 *       any more.
 *   <li>It stores the new reference into the directory, as often as it takes.
 * </ol>
 *
 * <p>A death on the way leaves the records in either place, and of each key's references one, which
 * decides where it is looked for: a record that no search finds counts for nothing, wherever it
 * lies. What it costs is the pages. A reader that is still in the old segment finds a void record.
 *
 * <p>A reference is one word with a check ({@link Checksums#seal}), so no death tears it. One whose
 * check is wrong was stored by no process: it retires the generation.
 *
 * <p>Safe for all threads.
 */
public final class Segments {
  /** How records move. */
  public interface Mover {
    /** Whether a record is worth a place in the next segment. */
    boolean keeps(Segment from, int offset);

    /** Where a search for the record starts. */
    int home(Segment from, int offset);

    /** Copies the record. */
    void copy(Segment from, int offset, Segment to, int toOffset);

    /** Voids a record that moves, or is not kept, for those who remember its place. */
    void abandon(Segment from, int offset);
  }

  /** Sees records. */
  public interface Visitor {
    void visit(Segment segment, int offset);
  }

  private final IndexFiles files;
  private final IntUnaryOperator pages;
  private final int directoryOffset;
  private final int recordShift;
  private final int perPage;

  /**
   * Reads the segments of one kind of record.
   *
   * @param pages gives out a number of adjacent pages of zeros: the first one's number, or 0
   * @param directoryOffset where the directory lies in a stripe's head
   */
  public Segments(IndexFiles files, IntUnaryOperator pages, int directoryOffset, int recordLength) {
    this.files = files;
    this.pages = pages;
    this.directoryOffset = directoryOffset;
    this.recordShift = Integer.numberOfTrailingZeros(recordLength);
    this.perPage = IndexLayout.PAGE_LENGTH / recordLength;
  }

  /**
   * Finds a record. Allocates nothing.
   *
   * @param hash the key's
   * @param home where the search starts
   * @param tag what follows the key, compared in the bits of {@code tagMask}
   */
  public boolean find(Digest256 key, long hash, int home, long tag, long tagMask, SlotCursor at) {
    int stripe = StripeLocks.stripeOf(key);
    long number = number(stripe, files.base.getLongVolatile(reference(stripe, index(hash))));
    IndexFile file = file(number);
    if (file == null) {
      return false;
    }
    int start = IndexLayout.offsetOf(page(number));
    int capacity = capacity(number);
    int offset = Segment.find(file.buffer, start, capacity, recordShift, home, key, tag, tagMask);
    if (offset == Segment.NONE) {
      return false;
    }
    at.moveTo(file, offset);
    return true;
  }

  /** The segment for a key; null if there is none yet, or none that this process can read. */
  public @Nullable Segment of(Digest256 key) {
    int stripe = StripeLocks.stripeOf(key);
    return open(stripe, files.base.getLongVolatile(reference(stripe, index(key))));
  }

  /** Whether a search for a key goes to this segment. */
  public boolean leadTo(Segment segment, Digest256 key) {
    int reference = reference(StripeLocks.stripeOf(key), index(key));
    return files.base.getLongVolatile(reference) == segment.word();
  }

  /** Which of its stripe's references a key goes by. */
  public static int index(Digest256 key) {
    return index(Checksums.ofKey(key));
  }

  private static int index(long hash) {
    return (int) (hash >>> (Long.SIZE - DIRECTORY_BITS));
  }

  private @Nullable Segment open(int stripe, long word) {
    long number = number(stripe, word);
    IndexFile file = file(number);
    if (file == null) {
      return null;
    }
    int start = IndexLayout.offsetOf(page(number));
    return new Segment(word, sizeClass(number), file, start, capacity(number), recordShift);
  }

  /** What a reference says; 0 for none. */
  private long number(int stripe, long word) {
    if (word == 0) {
      return 0;
    }
    long number = Checksums.unseal(owner(stripe), word);
    if (number < 0) {
      files.giveUp();
      return 0;
    }
    return number;
  }

  private @Nullable IndexFile file(long number) {
    int page = page(number);
    return IndexLayout.isRun(page, sizeClass(number)) ? files.fileOf(page) : null;
  }

  private static int page(long number) {
    return (int) (number >> SIZE_CLASS_BITS);
  }

  private static int sizeClass(long number) {
    return (int) number & ((1 << SIZE_CLASS_BITS) - 1);
  }

  private int capacity(long number) {
    return perPage << sizeClass(number);
  }

  /**
   * Makes room for another record of a key. The caller holds the stripe. Records that were found
   * before may have moved.
   *
   * @return false if there is no room, or the segment cannot be read
   */
  public boolean grow(Digest256 key, Mover mover) {
    int stripe = StripeLocks.stripeOf(key);
    int index = index(key);
    long word = files.base.getLong(reference(stripe, index));
    Segment old = open(stripe, word);
    if (old == null && word != 0) {
      return false;
    }
    int first = index;
    while (first > 0 && files.base.getLong(reference(stripe, first - 1)) == word) {
      first--;
    }
    int end = index + 1;
    while (end < DIRECTORY_LENGTH && files.base.getLong(reference(stripe, end)) == word) {
      end++;
    }
    if (old == null) {
      return refer(stripe, first, end, allocate(stripe, 0));
    }
    int middle = (first + end) / 2;
    boolean split =
        old.sizeClass() >= SPLIT_CLASS
            && middle > first
            && moving(old, middle, end, mover) <= old.capacity() * 3 / 4;
    int sizeClass = split ? old.sizeClass() : old.sizeClass() + 1;
    return move(old, sizeClass, mover, stripe, split ? middle : first, end);
  }

  private @Nullable Segment allocate(int stripe, int sizeClass) {
    int page = sizeClass < IndexLayout.SIZE_CLASSES ? pages.applyAsInt(1 << sizeClass) : 0;
    return page == 0
        ? null
        : open(stripe, Checksums.seal(owner(stripe), (long) page << SIZE_CLASS_BITS | sizeClass));
  }

  private static int moving(Segment old, int first, int end, Mover mover) {
    int[] moving = new int[1];
    forEachOf(first, end, old, offset -> moving[0] += mover.keeps(old, offset) ? 1 : 0);
    return moving[0];
  }

  /** Moves the records of the references from the first on, and has those lead to them. */
  private boolean move(Segment old, int sizeClass, Mover mover, int stripe, int first, int end) {
    Segment next = allocate(stripe, sizeClass);
    if (next == null) {
      return false;
    }
    if (!copy(old, next, mover, first, end)) {
      return move(old, sizeClass + 1, mover, stripe, first, end);
    }
    forEachOf(first, end, old, offset -> mover.abandon(old, offset));
    refer(stripe, first, end, next);
    forEachOf(first, end, old, offset -> old.setState(offset, IndexLayout.GONE));
    return true;
  }

  /** Returns false if a record finds no place, which is rare in a segment that is half empty. */
  private static boolean copy(Segment old, Segment next, Mover mover, int first, int end) {
    boolean[] whole = {true};
    forEachOf(
        first,
        end,
        old,
        offset -> {
          if (mover.keeps(old, offset)) {
            int to = next.vacant(mover.home(old, offset), used -> false);
            whole[0] &= to != Segment.NONE;
            if (whole[0]) {
              mover.copy(old, offset, next, to);
            }
          }
        });
    return whole[0];
  }

  /** The records of a run of references. */
  private static void forEachOf(int first, int end, Segment segment, IntConsumer action) {
    segment.forEachUsed(
        offset -> {
          int index = index(segment.keyAt(offset));
          if (index >= first && index < end) {
            action.accept(offset);
          }
        });
  }

  /**
   * Has a run of references lead to a segment. From its end on: a death in between leaves the
   * segment before with one run, not with two, and a new stripe with nothing before the rest.
   */
  private boolean refer(int stripe, int first, int end, @Nullable Segment segment) {
    for (int index = end - 1; segment != null && index >= first; index--) {
      files.base.putLongVolatile(reference(stripe, index), segment.word());
    }
    return segment != null;
  }

  /**
   * Shows the records of a stripe. Records may come and go meanwhile.
   *
   * @return false if this process cannot read all
   */
  public boolean forEach(int stripe, Visitor visitor) {
    boolean whole = true;
    long before = 0;
    for (int index = 0; index < DIRECTORY_LENGTH; index++) {
      long word = files.base.getLongVolatile(reference(stripe, index));
      if (word != before && word != 0) {
        Segment segment = open(stripe, word);
        whole &= segment != null;
        if (segment != null) {
          segment.forEachUsed(offset -> visitor.visit(segment, offset));
        }
        before = word;
      }
    }
    return whole;
  }

  private int reference(int stripe, int index) {
    return IndexLayout.stripeHead(stripe) + directoryOffset + 8 * index;
  }

  /** Whose word a reference is: no other stripe's, and not that of the other kind of record. */
  private long owner(int stripe) {
    return (long) directoryOffset << 32 | stripe;
  }
}
