package io.warmstart.index;

import static io.warmstart.mapped.IndexLayout.STRIPES;

import io.warmstart.process.StripeLocks;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which entry of a root is the next to be evicted.
 *
 * <p>For each stripe the first few of its entries are remembered, with the stripe's count of
 * changes. What this process changes it is told ({@link LocalChanges}); when another has changed
 * the stripe, or all that were remembered are gone, the stripe is read again. So a process that
 * saves at a full budget reads a stripe once in a while, and not with each save.
 *
 * <p>Every entry that is not remembered comes after those that are. A hit moves an entry's stamp
 * without moving the count, but only ever to later: so a remembered one may come too early, and is
 * looked at when its turn comes, and none comes too late.
 *
 * <p>Safe for all threads, though only the one that sweeps has a use for it.
 */
final class EvictionOrder {
  /** What is remembered of a stripe. */
  private static final class Stripe {
    private final EvictionShortlist first = new EvictionShortlist();
    private boolean known;
    private long seen;
    private long oldestUse;
    private int count;
  }

  private final StripeTotals totals;
  private final EntryTable entries;
  private final LocalChanges own;
  private final Stripe[] stripes = new Stripe[STRIPES];

  /** The stripes of entries that are left out, by their ids. */
  private final Map<Long, Stripe> passedOver = new HashMap<>();

  EvictionOrder(StripeTotals totals, EntryTable entries, LocalChanges own) {
    this.totals = totals;
    this.entries = entries;
    this.own = own;
    for (int stripe = 0; stripe < STRIPES; stripe++) {
      stripes[stripe] = new Stripe();
    }
  }

  /** The next to go; null if there is none. */
  synchronized @Nullable RecordedEntry next() {
    while (true) {
      refreshAll();
      RecordedEntry next = null;
      for (Stripe stripe : stripes) {
        RecordedEntry candidate = stripe.first.first();
        if (candidate != null && (next == null || candidate.compareTo(next) < 0)) {
          next = candidate;
        }
      }
      if (next == null) {
        return null;
      }
      RecordedEntry again = entries.readAgain(next);
      if (next.equals(again)) {
        return next;
      }
      // It was used since, or is gone, of which the count will tell.
      Stripe stripe = stripes[StripeLocks.stripeOf(next.key())];
      stripe.first.remove(next);
      if (again != null) {
        stripe.first.add(again);
      }
    }
  }

  /** The entries whose last use is at or before a moment. */
  synchronized List<RecordedEntry> usedLastBy(long unixNanos) {
    List<RecordedEntry> old = new ArrayList<>();
    refreshAll();
    for (int stripe = 0; stripe < STRIPES; stripe++) {
      if (stripes[stripe].oldestUse <= unixNanos) {
        for (RecordedEntry entry : entries.entries(stripe)) {
          if (entry.lastUseNanos() <= unixNanos) {
            old.add(entry);
          }
        }
        // Hits may have moved what was remembered as the oldest.
        stripes[stripe].known = false;
      }
    }
    return old;
  }

  /** How many entries are recorded. */
  synchronized long count() {
    refreshAll();
    long sum = 0;
    for (Stripe stripe : stripes) {
      sum += stripe.count;
    }
    return sum;
  }

  /** Leaves an entry out from now on, since it cannot be removed. */
  synchronized void passOver(RecordedEntry entry) {
    Stripe stripe = stripes[StripeLocks.stripeOf(entry.key())];
    passedOver.put(entry.id(), stripe);
    stripe.first.remove(entry.id());
  }

  /** Considers again what was passed over. */
  synchronized void reconsider() {
    passedOver.values().forEach(stripe -> stripe.known = false);
    passedOver.clear();
  }

  private void refreshAll() {
    own.want();
    for (LocalChanges.Change change = own.poll(); change != null; change = own.poll()) {
      apply(change);
    }
    for (int stripe = 0; stripe < STRIPES; stripe++) {
      refresh(stripe);
    }
  }

  private void apply(LocalChanges.Change change) {
    Stripe stripe = stripes[change.stripe()];
    if (!stripe.known || change.changes() != stripe.seen + 1) {
      // Of a stripe that will be read again; or it was read with this change.
      return;
    }
    stripe.seen = change.changes();
    stripe.count += change.more();
    stripe.first.remove(change.id());
    RecordedEntry entry = change.entry();
    if (entry != null) {
      stripe.oldestUse = Math.min(stripe.oldestUse, entry.lastUseNanos());
      if (!passedOver.containsKey(entry.id())) {
        stripe.first.add(entry);
      }
    }
  }

  private void refresh(int number) {
    Stripe stripe = stripes[number];
    long changes = totals.changes(number);
    if (stripe.known && stripe.seen == changes && !stripe.first.hasRunOut()) {
      return;
    }
    stripe.first.clear();
    EntryTable.Pass pass = new EntryTable.Pass(stripe.first);
    entries.pass(number, passedOver.keySet(), pass);
    stripe.oldestUse = pass.oldestUse();
    stripe.count = pass.count();
    // As it was before the entries were read: a change meanwhile is seen the next time.
    stripe.seen = changes;
    stripe.known = true;
  }
}
