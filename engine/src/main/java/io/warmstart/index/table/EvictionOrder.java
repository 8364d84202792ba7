package io.warmstart.index.table;

import static io.warmstart.mapped.IndexLayout.STRIPES;

import io.warmstart.model.Digest256;
import io.warmstart.process.StripeLocks;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
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
public final class EvictionOrder {
  /** What is remembered of a stripe. */
  private static final class Stripe {
    private final EvictionShortlist first = new EvictionShortlist();
    private boolean known;
    private long seen;
    private long oldestUse;
    private int count;

    /** The best and the latest of its keys that were asked for, as of what was seen. */
    private final Map<Digest256, BestAndLatest> bestAndLatest = new HashMap<>();

    /** How often it was read since another process had changed it. */
    private int changesOfOthers;
  }

  private final StripeTotals totals;
  private final EntryTable entries;
  private final LocalChanges own;
  private final Stripe[] stripes = new Stripe[STRIPES];

  /** The entries that are left out, by their ids. */
  private final Map<Long, LeftOut> leftOut = new HashMap<>();

  /** The ids of those of a key that go last. */
  private final Map<Digest256, Set<Long>> retainedOf = new HashMap<>();

  /** All that go last. */
  private final TreeSet<RecordedEntry> retained = new TreeSet<>();

  private Spared spared = Spared.NONE;

  /** Why an entry is left out. */
  private enum Why {
    /** It could not be removed a moment ago. */
    PASSED_OVER,
    PINNED,
    /** Its key's best or latest: it goes when nothing else is left. */
    RETAINED
  }

  /**
   * An entry that is left out.
   *
   * @param changesOfOthers its stripe's at that time
   */
  private record LeftOut(RecordedEntry entry, Stripe stripe, Why why, int changesOfOthers) {}

  public EvictionOrder(StripeTotals totals, EntryTable entries, LocalChanges own) {
    this.totals = totals;
    this.entries = entries;
    this.own = own;
    for (int stripe = 0; stripe < STRIPES; stripe++) {
      stripes[stripe] = new Stripe();
    }
  }

  /** The next to go; null if there is none but such as are spared. */
  public synchronized @Nullable RecordedEntry next() {
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
      Stripe stripe = stripes[StripeLocks.stripeOf(next.key())];
      RecordedEntry again = entries.readAgain(next);
      if (next.equals(again) && !spare(next, stripe.bestAndLatest)) {
        return next;
      }
      // It was used since, or is gone, of which the count will tell.
      stripe.first.remove(next);
      if (again != null && !leftOut.containsKey(again.id())) {
        stripe.first.add(again);
      }
    }
  }

  /** The first of those that go last; null if there is none. */
  public synchronized @Nullable RecordedEntry nextRetained() {
    while (!retained.isEmpty()) {
      RecordedEntry next = retained.first();
      RecordedEntry again = entries.readAgain(next);
      LeftOut out = leftOut.get(next.id());
      if (next.equals(again) && !spared.isPinned(next)) {
        return next;
      }
      forget(next.id());
      if (again != null && out != null) {
        // Used since, or pinned.
        leaveOut(again, spared.isPinned(again) ? Why.PINNED : Why.RETAINED, out.changesOfOthers());
      }
    }
    return null;
  }

  /**
   * Leaves an entry out if it is spared.
   *
   * @param known the best and the latest of keys, which takes those that were not asked for yet:
   *     else each entry of a key would have all of them looked at
   */
  private boolean spare(RecordedEntry entry, Map<Digest256, BestAndLatest> known) {
    Why why;
    if (spared.isPinned(entry)) {
      why = Why.PINNED;
    } else if (spared.keepsBestAndLatest()
        && known
            .computeIfAbsent(entry.key(), key -> BestAndLatest.of(entries, key))
            .includes(entry)) {
      why = Why.RETAINED;
    } else {
      return false;
    }
    leaveOut(entry, why, stripes[StripeLocks.stripeOf(entry.key())].changesOfOthers);
    return true;
  }

  /** The entries whose last use is at or before a moment. */
  public synchronized List<RecordedEntry> usedLastBy(long unixNanos) {
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
  public synchronized long count() {
    refreshAll();
    long sum = 0;
    for (Stripe stripe : stripes) {
      sum += stripe.count;
    }
    return sum;
  }

  /** Leaves an entry out for now, since it cannot be removed. */
  public synchronized void passOver(RecordedEntry entry) {
    Stripe stripe = stripes[StripeLocks.stripeOf(entry.key())];
    forget(entry.id());
    leaveOut(entry, Why.PASSED_OVER, stripe.changesOfOthers);
    stripe.first.remove(entry.id());
  }

  private void leaveOut(RecordedEntry entry, Why why, int changesOfOthers) {
    Stripe stripe = stripes[StripeLocks.stripeOf(entry.key())];
    leftOut.put(entry.id(), new LeftOut(entry, stripe, why, changesOfOthers));
    if (why == Why.RETAINED) {
      retainedOf.computeIfAbsent(entry.key(), key -> new HashSet<>()).add(entry.id());
      retained.add(entry);
    }
  }

  /** Ends that an entry is left out; its stripe is to be read again. */
  private void takeBack(long id) {
    LeftOut out = forget(id);
    if (out != null) {
      out.stripe().known = false;
    }
  }

  private @Nullable LeftOut forget(long id) {
    LeftOut out = leftOut.remove(id);
    if (out != null && out.why() == Why.RETAINED) {
      retained.remove(out.entry());
      Set<Long> ofKey = retainedOf.get(out.entry().key());
      if (ofKey != null && ofKey.remove(id) && ofKey.isEmpty()) {
        retainedOf.remove(out.entry().key());
      }
    }
    return out;
  }

  /** How many entries are left out. */
  public synchronized int leftOut() {
    return leftOut.size();
  }

  /**
   * Begins a sweep: considers again what was passed over, and what was spared for a reason that may
   * have ended.
   */
  public synchronized void reconsider(Spared now) {
    refreshAll();
    boolean samePins = now.pins() == spared.pins();
    boolean sameRetention = now.keepsBestAndLatest() == spared.keepsBestAndLatest();
    spared = now;
    for (LeftOut out : List.copyOf(leftOut.values())) {
      boolean stays =
          switch (out.why()) {
            case PASSED_OVER -> false;
            case PINNED -> samePins || now.isPinned(out.entry());
            case RETAINED -> sameRetention && out.stripe().changesOfOthers == out.changesOfOthers();
          };
      if (!stays) {
        takeBack(out.entry().id());
      }
    }
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
    stripe.bestAndLatest.clear();
    stripe.count += change.more();
    stripe.first.remove(change.id());
    RecordedEntry entry = change.entry();
    if (entry == null) {
      forget(change.id());
    } else {
      // It may be the key's best or latest now, in place of another. A removal makes none worse.
      retainNoMore(stripe, entry);
      stripe.oldestUse = Math.min(stripe.oldestUse, entry.lastUseNanos());
      if (!leftOut.containsKey(entry.id())) {
        stripe.first.add(entry);
      }
    }
  }

  /**
   * Has what is retained of a changed entry's key take its place in the order again, until its turn
   * comes to be looked at. As it is recorded now: it may have been saved again since it was left
   * out, and then its place is an earlier one.
   */
  private void retainNoMore(Stripe stripe, RecordedEntry changed) {
    for (long id : List.copyOf(retainedOf.getOrDefault(changed.key(), Set.of()))) {
      LeftOut out = forget(id);
      RecordedEntry again = out == null ? null : entries.readAgain(out.entry());
      if (again != null && id != changed.id()) {
        stripe.first.add(again);
      }
    }
  }

  private void refresh(int number) {
    Stripe stripe = stripes[number];
    long changes = totals.changes(number);
    if (stripe.known && stripe.seen == changes && !stripe.first.hasRunOut()) {
      return;
    }
    if (stripe.seen != changes) {
      stripe.changesOfOthers++;
    }
    stripe.first.clear();
    stripe.bestAndLatest.clear();
    // Of no use after the pass, in which a stripe of many keys asks for each.
    Map<Digest256, BestAndLatest> asked = new HashMap<>();
    EntryTable.Pass pass = new EntryTable.Pass(stripe.first, entry -> spare(entry, asked));
    entries.pass(number, leftOut.keySet(), pass);
    stripe.oldestUse = pass.oldestUse();
    stripe.count = pass.count();
    // As it was before the entries were read: a change meanwhile is seen the next time.
    stripe.seen = changes;
    stripe.known = true;
  }
}
