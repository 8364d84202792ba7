package io.warmstart.index;

import static io.warmstart.index.CoordinationLayout.BOOT_OFFSET;
import static io.warmstart.index.CoordinationLayout.EPOCH_OFFSET;
import static io.warmstart.index.CoordinationLayout.FILE_LENGTH;
import static io.warmstart.index.CoordinationLayout.INTENT_OFFSET;
import static io.warmstart.index.CoordinationLayout.LAYOUT_HASH_OFFSET;
import static io.warmstart.index.CoordinationLayout.LOCK_WORD_OFFSET;
import static io.warmstart.index.CoordinationLayout.MAGIC;
import static io.warmstart.index.CoordinationLayout.MAGIC_OFFSET;
import static io.warmstart.index.CoordinationLayout.PID_OFFSET;
import static io.warmstart.index.CoordinationLayout.PROCESS_ROWS;
import static io.warmstart.index.CoordinationLayout.REMOVALS_OFFSET;
import static io.warmstart.index.CoordinationLayout.STARTED_OFFSET;
import static io.warmstart.index.CoordinationLayout.TOTAL_BYTES_OFFSET;
import static io.warmstart.index.CoordinationLayout.TOTAL_KNOWN_OFFSET;
import static io.warmstart.index.CoordinationLayout.VERSION;
import static io.warmstart.index.CoordinationLayout.VERSION_OFFSET;
import static io.warmstart.index.CoordinationLayout.rowOffset;
import static io.warmstart.index.CoordinationLayout.stripeOffset;

import io.warmstart.format.Digest256;
import io.warmstart.format.Owner;
import io.warmstart.io.FileFacts;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The mapped file that the processes on one root share: {@link CoordinationLayout} as operations.
 *
 * <p>A page of the mapping can vanish: somebody truncates the file. What the JVM makes of an access
 * then is no error handling to build on: a compare-and-set that is still interpreted kills it, and
 * every other access yields anything, with an InternalError that surfaces later, somewhere. So the
 * kernel is asked for the file's length before each access, which costs less than a microsecond;
 * once it is not what it was, the mapping is lost, every operation answers "not available", and the
 * registry attaches anew. What is left is a truncation between the question and the access; an
 * InternalError that surfaces in time is caught.
 *
 * <p>Safe for all threads. The mapping is released by the garbage collector, never unmapped: some
 * thread may be inside an operation.
 */
public final class Coordination {
  private final AtomicBuffer buffer;
  private final LongSupplier fileLength;
  private final FileFacts identity;
  private final long boot;
  private int row = -1;
  private long epoch;
  private volatile boolean lost;

  /**
   * Stands over a mapping.
   *
   * @param fileLength asks the kernel for the length of the mapped file, which may shrink
   */
  Coordination(MappedByteBuffer mapped, LongSupplier fileLength, FileFacts identity, long boot) {
    if (mapped.capacity() != FILE_LENGTH || ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
      throw new IllegalArgumentException(
          "coordination mapping: expected="
              + FILE_LENGTH
              + " little-endian bytes, actual="
              + mapped.capacity()
              + " "
              + ByteOrder.nativeOrder());
    }
    this.buffer = new UnsafeBuffer(mapped);
    this.buffer.verifyAlignment();
    this.fileLength = fileLength;
    this.identity = identity;
    this.boot = boot;
  }

  /** Writes the header of a new, zeroed file. */
  void initialise() {
    read(
        () -> {
          buffer.putInt(VERSION_OFFSET, VERSION);
          buffer.putInt(LAYOUT_HASH_OFFSET, CoordinationLayout.layoutHash());
          buffer.putLong(BOOT_OFFSET, boot);
          buffer.putLongVolatile(MAGIC_OFFSET, MAGIC);
          return 0;
        },
        0);
  }

  /** How an existing file relates to this process. */
  enum Verdict {
    USABLE,
    /** Written before the last reboot: nobody alive uses it. */
    STALE,
    /** Of another layout: a process of another build may be using it. */
    OTHER_LAYOUT,
    DAMAGED
  }

  Verdict judge() {
    boolean magic = read(() -> buffer.getLongVolatile(MAGIC_OFFSET), 0) == MAGIC;
    long writtenBoot = read(() -> buffer.getLong(BOOT_OFFSET), 0);
    long version = read(() -> buffer.getInt(VERSION_OFFSET), 0);
    long hash = read(() -> buffer.getInt(LAYOUT_HASH_OFFSET), 0);
    if (!magic || lost) {
      return Verdict.DAMAGED;
    }
    if (writtenBoot != boot) {
      return Verdict.STALE;
    }
    return version == VERSION && hash == CoordinationLayout.layoutHash()
        ? Verdict.USABLE
        : Verdict.OTHER_LAYOUT;
  }

  /** Takes a row whose byte in the lock file this process holds. */
  void claim(int claimedRow, long atLeastEpoch, long pid, long nowUnixNanos) {
    int offset = rowOffset(claimedRow);
    row = claimedRow;
    epoch =
        Math.max(read(() -> buffer.getLongVolatile(offset + EPOCH_OFFSET), 0) + 1, atLeastEpoch)
            & 0xffff_ffffL;
    read(
        () -> {
          buffer.putLong(offset + PID_OFFSET, pid);
          buffer.putLong(offset + STARTED_OFFSET, nowUnixNanos);
          buffer.putLongVolatile(offset + EPOCH_OFFSET, epoch);
          return 0;
        },
        0);
  }

  FileFacts identity() {
    return identity;
  }

  boolean lost() {
    return lost;
  }

  /** The row of the process table that this process holds. */
  public int row() {
    return row;
  }

  /** What this process writes into the names of its staged files. */
  public Owner owner() {
    return new Owner(row, boot, epoch);
  }

  /** The epoch of a row, or -1 if the mapping is lost. */
  long epochOf(int otherRow) {
    return otherRow < 0 || otherRow >= PROCESS_ROWS
        ? -1
        : read(() -> buffer.getLongVolatile(rowOffset(otherRow) + EPOCH_OFFSET), -1);
  }

  // Lock words.

  long ownWord() {
    return epoch << 32 | (long) row << 16 | 1;
  }

  /** Whether somebody can have written a word to take a stripe. */
  static boolean isLockWord(long word) {
    return (word & 0xffff) == 1 && rowOfWord(word) < PROCESS_ROWS;
  }

  static int rowOfWord(long word) {
    return (int) (word >>> 16) & 0xffff;
  }

  static long epochOfWord(long word) {
    return word >>> 32;
  }

  /** The lock word of a stripe, or -1 if the mapping is lost. */
  long lockWord(int stripe) {
    return read(() -> buffer.getLongVolatile(stripeOffset(stripe) + LOCK_WORD_OFFSET), -1);
  }

  boolean casLockWord(int stripe, long expected, long replacement) {
    int offset = stripeOffset(stripe) + LOCK_WORD_OFFSET;
    return read(
            () ->
                buffer.getLongVolatile(offset) == expected
                        && buffer.compareAndSetLong(offset, expected, replacement)
                    ? 1
                    : 0,
            0)
        == 1;
  }

  /** Which key the holder of the stripe is about to change: written before the first rename. */
  void recordIntent(int stripe, Digest256 key) {
    int offset = stripeOffset(stripe) + INTENT_OFFSET;
    read(
        () -> {
          for (int word = 0; word < 4; word++) {
            buffer.putLong(offset + 8 * word, key.word(word));
          }
          // Nothing that the holder does to the key's files may come before this.
          buffer.putLongVolatile(offset + 24, key.word(3));
          return 0;
        },
        0);
  }

  /** The key that a dead holder of the stripe had announced; null if none. */
  @Nullable Digest256 intent(int stripe) {
    int offset = stripeOffset(stripe) + INTENT_OFFSET;
    long[] words = new long[4];
    long any =
        read(
            () -> {
              long bits = 0;
              for (int word = 0; word < 4; word++) {
                words[word] = buffer.getLongVolatile(offset + 8 * word);
                bits |= words[word];
              }
              return bits;
            },
            0);
    return any == 0 ? null : Digest256.ofWords(words[0], words[1], words[2], words[3]);
  }

  /** How many entries this machine's processes have removed under a stripe; -1 if lost. */
  public long removals(int stripe) {
    return read(() -> buffer.getLongVolatile(stripeOffset(stripe) + REMOVALS_OFFSET), -1);
  }

  void countRemoval(int stripe) {
    add(stripeOffset(stripe) + REMOVALS_OFFSET, 1);
  }

  // The byte total.

  /** The root's bytes as far as known: empty until a sweep has counted, and after a doubt. */
  public OptionalLong totalBytes() {
    long known = read(() -> buffer.getLongVolatile(TOTAL_KNOWN_OFFSET), 0);
    long total = read(() -> buffer.getLongVolatile(TOTAL_BYTES_OFFSET), -1);
    return known == 1 && total >= 0 ? OptionalLong.of(total) : OptionalLong.empty();
  }

  /** The raw total, known or not: a sweep takes it before it walks. */
  public long rawTotalBytes() {
    return read(() -> buffer.getLongVolatile(TOTAL_BYTES_OFFSET), 0);
  }

  /** Adds to the total what a publish or a removal has changed. */
  public void addTotalBytes(long delta) {
    if (delta != 0) {
      add(TOTAL_BYTES_OFFSET, delta);
    }
  }

  /**
   * Corrects the total after a walk. What was added meanwhile is kept on top, though the walk may
   * have seen some of it: a total that is too high costs one more sweep, one too low would let the
   * budget be passed.
   */
  public void correctTotalBytes(long rawBefore, long walked) {
    add(TOTAL_BYTES_OFFSET, walked - rawBefore);
    read(
        () -> {
          buffer.putLongVolatile(TOTAL_KNOWN_OFFSET, 1);
          return 0;
        },
        0);
  }

  /** After a death under a lock: whoever needs the total counts first. */
  public void doubtTotalBytes() {
    read(
        () -> {
          buffer.putLongVolatile(TOTAL_KNOWN_OFFSET, 0);
          return 0;
        },
        0);
  }

  // Counters.

  /** Adds to this process's own row. */
  public void count(Counter counter, long amount) {
    if (amount != 0 && row >= 0) {
      add(rowOffset(row) + counter.offset(), amount);
    }
  }

  /** The sum over all processes that ever held a row since the file was made. */
  public long sum(Counter counter) {
    return read(
        () -> {
          long sum = 0;
          for (int each = 0; each < PROCESS_ROWS; each++) {
            sum += buffer.getLongVolatile(rowOffset(each) + counter.offset());
          }
          return sum;
        },
        0);
  }

  private void add(int offset, long amount) {
    read(
        () -> {
          buffer.getLongVolatile(offset);
          return buffer.getAndAddLong(offset, amount);
        },
        0);
  }

  private long read(LongSupplier access, long whenLost) {
    if (lost || fileLength.getAsLong() != FILE_LENGTH) {
      lost = true;
      return whenLost;
    }
    try {
      return access.getAsLong();
    } catch (InternalError e) {
      lost = true;
      return whenLost;
    }
  }
}
