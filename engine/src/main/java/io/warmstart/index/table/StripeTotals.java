package io.warmstart.index.table;

import static io.warmstart.mapped.IndexLayout.COUNTED_OFFSET;
import static io.warmstart.mapped.IndexLayout.DOUBT_OFFSET;
import static io.warmstart.mapped.IndexLayout.QUARANTINE_CHECK_OFFSET;
import static io.warmstart.mapped.IndexLayout.QUARANTINE_OFFSET;
import static io.warmstart.mapped.IndexLayout.SCANNED_AT_OFFSET;
import static io.warmstart.mapped.IndexLayout.SCAN_BEGAN_OFFSET;
import static io.warmstart.mapped.IndexLayout.STRIPES;
import static io.warmstart.mapped.IndexLayout.STRIPE_BYTES_OFFSET;
import static io.warmstart.mapped.IndexLayout.STRIPE_CHANGES_OFFSET;
import static io.warmstart.mapped.IndexLayout.STRIPE_CHECK_OFFSET;
import static io.warmstart.mapped.IndexLayout.SUMMARIES_OFFSET;
import static io.warmstart.mapped.IndexLayout.SUMMARY_LENGTH;

import io.warmstart.mapped.Checksums;
import java.util.OptionalLong;
import org.agrona.concurrent.AtomicBuffer;

/**
 * The bytes of a root: a number for each stripe, which only the stripe's holder changes, and one
 * for the quarantine. The total is their sum, so no word is written by two processes and nothing
 * has to be added atomically.
 *
 * <p>Entries are evicted on the strength of it, so each number has a check beside it, and it counts
 * only once every key has been scanned. What is unknown is counted again.
 */
public final class StripeTotals {
  /**
   * A writer is between its two stores for nanoseconds, unless it was stopped or has died there.
   */
  private static final int MOST_READS = 1000;

  private static final long QUARANTINE = -1;

  private final AtomicBuffer base;

  public StripeTotals(AtomicBuffer base) {
    this.base = base;
  }

  /** The root's bytes; empty if they are not known. */
  public OptionalLong total() {
    if (!complete()) {
      return OptionalLong.empty();
    }
    long total = quarantine();
    for (int stripe = 0; stripe < STRIPES && total >= 0; stripe++) {
      long bytes = bytes(stripe);
      total = bytes < 0 ? -1 : total + bytes;
    }
    return total < 0 ? OptionalLong.empty() : OptionalLong.of(total);
  }

  /** The bytes of a stripe's keys; -1 if they are unknown. */
  public long bytes(int stripe) {
    int summary = summary(stripe);
    if (base.getLong(summary + STRIPE_CHECK_OFFSET) == 0
        && base.getLong(summary + STRIPE_BYTES_OFFSET) == 0) {
      // As it was made: nobody has added anything yet.
      return 0;
    }
    return checked(summary + STRIPE_BYTES_OFFSET, summary + STRIPE_CHECK_OFFSET, stripe);
  }

  private long checked(int bytesOffset, int checkOffset, long accountable) {
    for (int read = 0; read < MOST_READS; read++) {
      long check = base.getLongVolatile(checkOffset);
      long bytes = base.getLongVolatile(bytesOffset);
      if (bytes >= 0 && check == Checksums.ofBytes(accountable, bytes)) {
        return bytes;
      }
      Thread.onSpinWait();
    }
    return -1;
  }

  /** Sets the bytes of a stripe. The caller holds it. */
  public void set(int stripe, long bytes) {
    int summary = summary(stripe);
    base.putLongRelease(summary + STRIPE_BYTES_OFFSET, bytes);
    base.putLongRelease(summary + STRIPE_CHECK_OFFSET, Checksums.ofBytes(stripe, bytes));
  }

  /** Sets the bytes in quarantine. */
  public void setQuarantine(long bytes) {
    base.putLongRelease(QUARANTINE_OFFSET, bytes);
    base.putLongRelease(QUARANTINE_CHECK_OFFSET, Checksums.ofBytes(QUARANTINE, bytes));
  }

  /** Whether every key has been counted, and every entry recorded. */
  public boolean complete() {
    return base.getLongVolatile(DOUBT_OFFSET) == base.getLongVolatile(COUNTED_OFFSET);
  }

  /**
   * Something could not be counted: a process that needs the total scans first.
   *
   * @param fresh a value that was never used before
   */
  public void doubt(long fresh) {
    base.putLongVolatile(DOUBT_OFFSET, fresh);
  }

  /** What a scan that begins now can settle: not what comes into doubt later. */
  public long doubt() {
    return base.getLongVolatile(DOUBT_OFFSET);
  }

  /** The bytes in quarantine; -1 if they are unknown. */
  public long quarantine() {
    return checked(QUARANTINE_OFFSET, QUARANTINE_CHECK_OFFSET, QUARANTINE);
  }

  /** A scan has counted everything. */
  public boolean settle(long doubt, long nowUnixNanos) {
    base.putLong(SCANNED_AT_OFFSET, nowUnixNanos);
    if (doubt() == doubt) {
      // Else a scan that began later may have settled what came up meanwhile.
      base.putLongVolatile(COUNTED_OFFSET, doubt);
    }
    return complete();
  }

  /** When a scan last ended; 0 never. */
  public long scannedAt() {
    return base.getLongVolatile(SCANNED_AT_OFFSET);
  }

  /** A scan that has looked at every key began at this moment. */
  public void scanBegan(long unixNanos) {
    base.putLongVolatile(SCAN_BEGAN_OFFSET, unixNanos);
  }

  /** When the last such scan began; 0 if there was none. */
  public long scanBegan() {
    return base.getLongVolatile(SCAN_BEGAN_OFFSET);
  }

  public void scanIsDue() {
    base.putLongVolatile(SCANNED_AT_OFFSET, 0);
  }

  /** Moves whenever an entry of the stripe is recorded, changed or removed. */
  public long changes(int stripe) {
    return base.getLongVolatile(summary(stripe) + STRIPE_CHANGES_OFFSET);
  }

  /**
   * Tells of a change of a stripe's entries. The caller holds it.
   *
   * @return the count with it
   */
  long raiseChanges(int stripe) {
    int offset = summary(stripe) + STRIPE_CHANGES_OFFSET;
    long raised = base.getLong(offset) + 1;
    base.putLongVolatile(offset, raised);
    return raised;
  }

  private static int summary(int stripe) {
    return SUMMARIES_OFFSET + stripe * SUMMARY_LENGTH;
  }
}
