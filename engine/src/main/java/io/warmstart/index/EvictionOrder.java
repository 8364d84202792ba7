package io.warmstart.index;

import static io.warmstart.index.IndexLayout.STRIPES;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which entry of a root is the next to be evicted.
 *
 * <p>For each stripe the first of its entries is remembered, with the stripe's count of changes; a
 * stripe is read again once that has moved. A sweep after a save reads two of 512, whatever the
 * number of entries. A hit moves an entry's stamp without moving the count, but only ever to later:
 * so the remembered first is never too late in the order, and the stripe is read again if its stamp
 * has moved when its turn comes.
 *
 * <p>Safe for all threads, though only the one that sweeps has a use for it.
 */
final class EvictionOrder {
  private final StripeTotals totals;
  private final EntryTable entries;
  private final long[] seen = new long[STRIPES];
  private final boolean[] known = new boolean[STRIPES];
  private final @Nullable RecordedEntry[] first = new RecordedEntry[STRIPES];
  private final long[] oldestUse = new long[STRIPES];
  private final int[] count = new int[STRIPES];
  private final Set<Long> passedOver = new HashSet<>();
  private final EntryTable.Pass pass = new EntryTable.Pass();

  EvictionOrder(StripeTotals totals, EntryTable entries) {
    this.totals = totals;
    this.entries = entries;
  }

  /** The next to go; null if there is none. */
  synchronized @Nullable RecordedEntry next() {
    while (true) {
      RecordedEntry next = null;
      for (int stripe = 0; stripe < STRIPES; stripe++) {
        refresh(stripe);
        RecordedEntry candidate = first[stripe];
        if (candidate != null && (next == null || candidate.compareTo(next) < 0)) {
          next = candidate;
        }
      }
      if (next == null) {
        return null;
      }
      if (entries.isAsRead(next)) {
        return next;
      }
      known[KeyLocks.stripeOf(next.key())] = false;
    }
  }

  /** The entries whose last use is at or before a moment. */
  synchronized List<RecordedEntry> usedLastBy(long unixNanos) {
    List<RecordedEntry> old = new ArrayList<>();
    for (int stripe = 0; stripe < STRIPES; stripe++) {
      refresh(stripe);
      if (oldestUse[stripe] <= unixNanos) {
        for (RecordedEntry entry : entries.entries(stripe)) {
          if (entry.lastUseNanos() <= unixNanos) {
            old.add(entry);
          }
        }
        // Hits may have moved what was remembered as the oldest.
        known[stripe] = false;
      }
    }
    return old;
  }

  /** How many entries are recorded. */
  synchronized long count() {
    long sum = 0;
    for (int stripe = 0; stripe < STRIPES; stripe++) {
      refresh(stripe);
      sum += count[stripe];
    }
    return sum;
  }

  /** Leaves an entry out from now on, since it cannot be removed. */
  synchronized void passOver(RecordedEntry entry) {
    passedOver.add(entry.number());
    known[KeyLocks.stripeOf(entry.key())] = false;
  }

  /** Considers again what was passed over. */
  synchronized void reconsider() {
    if (!passedOver.isEmpty()) {
      passedOver.clear();
      Arrays.fill(known, false);
    }
  }

  private void refresh(int stripe) {
    long changes = totals.changes(stripe);
    if (known[stripe] && seen[stripe] == changes) {
      return;
    }
    entries.pass(stripe, passedOver, pass);
    first[stripe] = pass.first();
    oldestUse[stripe] = pass.oldestUse();
    count[stripe] = pass.count();
    // As it was before the entries were read: a change meanwhile is seen the next time.
    seen[stripe] = changes;
    known[stripe] = true;
  }
}
