package io.warmstart.process;

import io.warmstart.mapped.ControlLayout;
import io.warmstart.model.StoreCounter;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * This process's counters. Counting touches no shared line; the housekeeper carries the sums over
 * into the mapped process row a few times a second, where siblings and {@code stat} read them.
 *
 * <p>Hits, which must cost next to nothing, may be counted in a {@link HitTally} that one thread at
 * a time writes.
 *
 * <p>Safe for all threads; {@link #carryOver} is called by one at a time.
 */
public final class Counters {
  private final LongAdder[] adders = new LongAdder[ControlLayout.COUNTERS];
  private final long[] carried = new long[adders.length];
  private final Set<HitTally> tallies = new HashSet<>();

  public Counters() {
    for (int each = 0; each < adders.length; each++) {
      adders[each] = new LongAdder();
    }
  }

  /** Counts one. */
  public void count(StoreCounter counter) {
    adders[ControlLayout.counterIndex(counter)].increment();
  }

  /** Counts several. */
  public void count(StoreCounter counter, long amount) {
    adders[ControlLayout.counterIndex(counter)].add(amount);
  }

  /** Opens a tally, which counts until it is folded. */
  public synchronized HitTally openTally() {
    HitTally tally = new HitTally();
    tallies.add(tally);
    return tally;
  }

  /** Ends a tally: what it has counted stays counted. */
  public synchronized void fold(HitTally tally) {
    if (tallies.remove(tally)) {
      count(StoreCounter.HITS, tally.sum());
    }
  }

  /** What this process has counted. */
  public synchronized long own(StoreCounter counter) {
    long sum = adders[ControlLayout.counterIndex(counter)].sum();
    if (counter == StoreCounter.HITS) {
      for (HitTally tally : tallies) {
        sum += tally.sum();
      }
    }
    return sum;
  }

  /** Adds to the process row what has been counted since the last time. */
  public synchronized void carryOver(@Nullable ControlFile controlFile) {
    if (controlFile == null) {
      return;
    }
    for (StoreCounter counter : StoreCounter.values()) {
      int each = ControlLayout.counterIndex(counter);
      long sum = own(counter);
      controlFile.count(counter, sum - carried[each]);
      carried[each] = sum;
    }
  }
}
