package io.warmstart.index;

import io.warmstart.index.table.SlotCounts;
import io.warmstart.index.table.SlotCursor;
import io.warmstart.mapped.MappedFaults;
import io.warmstart.model.Digest256;
import io.warmstart.process.StripeLocks;

/**
 * The bytes that each key is down for, and the sum of its stripe, which moves with them. A number
 * that cannot be kept, for want of room, puts the total in doubt; one whose check is wrong under
 * the lock was written by nobody, and ends the generation besides.
 *
 * <p>The caller holds the key's stripe, shared.
 */
final class ByteAccounts {
  private final CurrentGeneration generations;

  ByteAccounts(CurrentGeneration generations) {
    this.generations = generations;
  }

  /** From here on a process that needs the total counts the files first. Needs no lock. */
  void doubt(Generation attached) {
    attached.totals().doubt(generations.nextChanges());
  }

  /**
   * A key's files take up more, or less.
   *
   * @param at led to the key's slot
   * @return false if the key has no slot and there is no room for one
   */
  boolean add(Generation attached, SlotCursor at, Digest256 key, long more) {
    boolean known = attached.keys().find(key, at);
    if (!known && !insert(attached, key, at)) {
      doubt(attached);
      return false;
    }
    long bytes = orRebuild(attached, SlotCounts.bytes(at, key)) + more;
    if (bytes < 0 && !known && attached.totals().complete()) {
      // A key that had files and no slot: lost with what it counts for, or a foreign store's.
      doubt(attached);
    }
    // Not below zero: of a key that has not been scanned yet less is known than it has.
    set(attached, at, key, Math.max(0, bytes), 0);
    return true;
  }

  /**
   * A key's files have been counted.
   *
   * @param ctime the directory's if it shows each later change of the bytes, else 0
   */
  void set(Generation attached, Digest256 key, long bytes, long ctime) {
    SlotCursor at = new SlotCursor();
    boolean known = attached.keys().find(key, at);
    if (!known && bytes == 0) {
      return;
    }
    if (!known && !insert(attached, key, at)) {
      doubt(attached);
      return;
    }
    set(attached, at, key, bytes, ctime);
  }

  private void set(Generation attached, SlotCursor at, Digest256 key, long bytes, long ctime) {
    int stripe = StripeLocks.stripeOf(key);
    long before = orRebuild(attached, SlotCounts.bytes(at, key));
    long sum = orRebuild(attached, attached.totals().bytes(stripe));
    // While files of a key are counted nobody tells of more, so AbsentKeys must learn when that
    // begins and ends: they may be another program's, or have gone. Before it, since this process
    // may die; and after it, for those who ask in between.
    boolean flips = (before > 0) != (bytes > 0);
    if (flips) {
      attached.files().keysChanged(generations.nextChanges());
    }
    SlotCounts.account(at, key, bytes, ctime);
    if (flips) {
      attached.files().keysChanged(generations.nextChanges());
    }
    attached.totals().set(stripe, Math.max(0, sum + bytes - before));
  }

  /** Sums a stripe's keys up again; if they cannot all be read, the generation ends. */
  void sumUp(Generation attached, int stripe) {
    long[] sum = new long[1];
    boolean whole =
        attached.keys().forEachBytes(stripe, bytes -> sum[0] += orRebuild(attached, bytes));
    // Before the others are told: a sum over a page that is gone is none.
    MappedFaults.raisePending();
    if (whole) {
      attached.totals().set(stripe, sum[0]);
    } else {
      doubt(attached);
      attached.files().giveUp();
    }
  }

  private boolean insert(Generation attached, Digest256 key, SlotCursor at) {
    return attached.keys().insert(key, generations.nextChanges(), at);
  }

  private long orRebuild(Generation attached, long bytes) {
    if (bytes < 0) {
      doubt(attached);
      attached.files().giveUp();
      return 0;
    }
    return bytes;
  }
}
