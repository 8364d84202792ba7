package io.warmstart.index;

import static io.warmstart.mapped.IndexLayout.COUNTED_OFFSET;
import static io.warmstart.mapped.IndexLayout.DOUBT_OFFSET;
import static io.warmstart.mapped.IndexLayout.QUARANTINE_CHECK_OFFSET;
import static io.warmstart.mapped.IndexLayout.QUARANTINE_OFFSET;
import static io.warmstart.mapped.IndexLayout.STRIPES;
import static io.warmstart.mapped.IndexLayout.STRIPE_BYTES_OFFSET;
import static io.warmstart.mapped.IndexLayout.STRIPE_CHANGES_OFFSET;
import static io.warmstart.mapped.IndexLayout.STRIPE_CHECK_OFFSET;
import static io.warmstart.mapped.IndexLayout.SUMMARIES_OFFSET;
import static io.warmstart.mapped.IndexLayout.SUMMARY_LENGTH;
import static io.warmstart.mapped.IndexLayout.WALKED_AT_OFFSET;
import static io.warmstart.mapped.IndexLayout.WALK_BEGAN_OFFSET;

import io.warmstart.mapped.Checksums;
import java.util.OptionalLong;
import org.agrona.concurrent.AtomicBuffer;

/**
 * The bytes of a root: a number for each stripe, which only the stripe's holder changes, and one
 * for the quarantine. The total is their sum, so no word is written by two processes and nothing
 * has to be added atomically.
 *
 * <p>Entries are evicted on the strength of it, so each number has a check beside it, and it counts
 * only once every key has been walked. What is unknown is counted again.
 */
final class StripeTotals {
  /**
   * A writer is between its two stores for nanoseconds, unless it was stopped or has died there.
   */
  private static final int MOST_READS = 1000;

  private static final long QUARANTINE = -1;

  private final AtomicBuffer base;

  StripeTotals(AtomicBuffer base) {
    this.base = base;
  }

  /** The root's bytes; empty if they are not known. */
  OptionalLong total() {
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
  long bytes(int stripe) {
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
  void set(int stripe, long bytes) {
    int summary = summary(stripe);
    base.putLongRelease(summary + STRIPE_BYTES_OFFSET, bytes);
    base.putLongRelease(summary + STRIPE_CHECK_OFFSET, Checksums.ofBytes(stripe, bytes));
  }

  /** Sets the bytes in quarantine. */
  void setQuarantine(long bytes) {
    base.putLongRelease(QUARANTINE_OFFSET, bytes);
    base.putLongRelease(QUARANTINE_CHECK_OFFSET, Checksums.ofBytes(QUARANTINE, bytes));
  }

  /** Whether every key has been counted, and every entry recorded. */
  boolean complete() {
    return base.getLongVolatile(DOUBT_OFFSET) == base.getLongVolatile(COUNTED_OFFSET);
  }

  /**
   * Something could not be counted: a process that needs the total walks first.
   *
   * @param fresh a value that was never used before
   */
  void doubt(long fresh) {
    base.putLongVolatile(DOUBT_OFFSET, fresh);
  }

  /** What a walk that begins now can settle: not what comes into doubt later. */
  long doubt() {
    return base.getLongVolatile(DOUBT_OFFSET);
  }

  /** The bytes in quarantine; -1 if they are unknown. */
  long quarantine() {
    return checked(QUARANTINE_OFFSET, QUARANTINE_CHECK_OFFSET, QUARANTINE);
  }

  /** A walk has counted everything. */
  boolean settle(long doubt, long nowUnixNanos) {
    base.putLong(WALKED_AT_OFFSET, nowUnixNanos);
    if (doubt() == doubt) {
      // Else a walk that began later may have settled what came up meanwhile.
      base.putLongVolatile(COUNTED_OFFSET, doubt);
    }
    return complete();
  }

  /** When a walk last ended; 0 never. */
  long walkedAt() {
    return base.getLongVolatile(WALKED_AT_OFFSET);
  }

  /** A walk that has looked at every key began at this moment. */
  void walkBegan(long unixNanos) {
    base.putLongVolatile(WALK_BEGAN_OFFSET, unixNanos);
  }

  /** When the last such walk began; 0 if there was none. */
  long walkBegan() {
    return base.getLongVolatile(WALK_BEGAN_OFFSET);
  }

  void walkIsDue() {
    base.putLongVolatile(WALKED_AT_OFFSET, 0);
  }

  /** Moves whenever an entry of the stripe is recorded, changed or removed. */
  long changes(int stripe) {
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
