package io.warmstart.index.table;

import static io.warmstart.mapped.IndexLayout.BYTES_CHECK_OFFSET;
import static io.warmstart.mapped.IndexLayout.BYTES_OFFSET;
import static io.warmstart.mapped.IndexLayout.CENSUS_AS_OF_OFFSET;
import static io.warmstart.mapped.IndexLayout.CENSUS_CHECK_OFFSET;
import static io.warmstart.mapped.IndexLayout.CENSUS_CTIME_OFFSET;
import static io.warmstart.mapped.IndexLayout.CENSUS_SUM_OFFSET;
import static io.warmstart.mapped.IndexLayout.LATEST_WRITTEN_OFFSET;
import static io.warmstart.mapped.IndexLayout.SCANNED_CTIME_OFFSET;

import io.warmstart.mapped.Checksums;
import io.warmstart.model.Digest256;
import java.lang.invoke.VarHandle;
import org.agrona.concurrent.AtomicBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a slot of {@code KeyTable} says of its key's files: their bytes, the latest stamp, and which
 * entries there are. Only the holder of the stripe stores it, and what has no check that fits is
 * unknown.
 */
public final class SlotCounts {
  /** No check, but for one in 2^64. */
  private static final long SUSPENDED = 0;

  private SlotCounts() {}

  /**
   * Of a slot that is given to a key: it may be the one that the key had before it had no files.
   */
  public static void clear(SlotCursor at, Digest256 key) {
    suspendCensus(at);
    at.buffer().putLong(at.offset + CENSUS_AS_OF_OFFSET, 0);
    account(at, key, 0, 0);
    latestWritten(at, 0);
  }

  /** Of a slot that moves, all but the census. Of a number whose check is wrong it stays wrong. */
  public static void copy(Segment from, int offset, Segment to, int toOffset) {
    from.copy(offset + SCANNED_CTIME_OFFSET, 24, to, toOffset + SCANNED_CTIME_OFFSET);
    from.copy(offset + LATEST_WRITTEN_OFFSET, 8, to, toOffset + LATEST_WRITTEN_OFFSET);
  }

  public static boolean isWithoutFiles(Segment segment, int offset) {
    return segment.buffer.getLong(offset + BYTES_OFFSET) == 0;
  }

  /** The bytes that the key's files take up; -1 if that is unknown. Under the stripe. */
  public static long bytes(SlotCursor at, Digest256 key) {
    return bytes(at.buffer(), at.offset, key);
  }

  public static long bytes(AtomicBuffer buffer, int offset, Digest256 key) {
    long bytes = buffer.getLong(offset + BYTES_OFFSET);
    long check = Checksums.ofBytes(Checksums.ofKey(key), bytes);
    return buffer.getLong(offset + BYTES_CHECK_OFFSET) == check ? bytes : -1;
  }

  /**
   * Sets the bytes that the key's files take up. The caller holds its stripe, shared.
   *
   * @param ctime the directory's if it shows each later change of the bytes, else 0
   */
  public static void account(SlotCursor at, Digest256 key, long bytes, long ctime) {
    AtomicBuffer buffer = at.buffer();
    buffer.putLong(at.offset + SCANNED_CTIME_OFFSET, ctime);
    buffer.putLong(at.offset + BYTES_OFFSET, bytes);
    buffer.putLong(at.offset + BYTES_CHECK_OFFSET, Checksums.ofBytes(Checksums.ofKey(key), bytes));
  }

  /** The directory's change time when its files were last counted; 0 if they have changed since. */
  public static long scannedCtime(SlotCursor at) {
    return at.buffer().getLong(at.offset + SCANNED_CTIME_OFFSET);
  }

  /**
   * The latest written stamp of the key's entries, unix nanoseconds; 0 if none is known. A hint.
   */
  public static long latestWritten(SlotCursor at) {
    return at.buffer().getLong(at.offset + LATEST_WRITTEN_OFFSET);
  }

  /** Sets that. The caller holds the key's stripe, shared. */
  public static void latestWritten(SlotCursor at, long unixNanos) {
    at.buffer().putLongRelease(at.offset + LATEST_WRITTEN_OFFSET, unixNanos);
  }

  /** What the slot says of its key's entries; null if nothing that holds under this doubt. */
  public static @Nullable Census census(SlotCursor at, Digest256 key, long doubt) {
    AtomicBuffer buffer = at.buffer();
    long ctime = buffer.getLong(at.offset + CENSUS_CTIME_OFFSET);
    long asOf = buffer.getLong(at.offset + CENSUS_AS_OF_OFFSET);
    long sum = buffer.getLong(at.offset + CENSUS_SUM_OFFSET);
    VarHandle.loadLoadFence();
    long check = buffer.getLong(at.offset + CENSUS_CHECK_OFFSET);
    return (check ^ Checksums.ofCensus(key, ctime, asOf, sum, doubt)) == 0
        ? new Census(ctime, asOf, sum)
        : null;
  }

  /** Whether somebody is changing the key's files who will say again what entries it has. */
  public static boolean isCensusSuspended(SlotCursor at) {
    return at.buffer().getLong(at.offset + CENSUS_AS_OF_OFFSET) != 0
        && at.buffer().getLongVolatile(at.offset + CENSUS_CHECK_OFFSET) == SUSPENDED;
  }

  /** From here on the census is void. The caller holds the key's stripe, shared. */
  public static void suspendCensus(SlotCursor at) {
    at.buffer().putLongVolatile(at.offset + CENSUS_CHECK_OFFSET, SUSPENDED);
  }

  /** Sets it. The caller holds the key's stripe, shared. */
  public static void census(SlotCursor at, Digest256 key, long doubt, Census census) {
    AtomicBuffer buffer = at.buffer();
    suspendCensus(at);
    buffer.putLong(at.offset + CENSUS_CTIME_OFFSET, census.ctime());
    buffer.putLong(at.offset + CENSUS_AS_OF_OFFSET, census.asOf());
    buffer.putLong(at.offset + CENSUS_SUM_OFFSET, census.sum());
    buffer.putLongRelease(
        at.offset + CENSUS_CHECK_OFFSET,
        Checksums.ofCensus(key, census.ctime(), census.asOf(), census.sum(), doubt));
  }
}
