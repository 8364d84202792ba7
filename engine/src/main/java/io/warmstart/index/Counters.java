package io.warmstart.index;

import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * This process's counters. Counting touches no shared line; the agent carries the sums over into
 * the mapped process row a few times a second, where siblings and {@code stat} read them.
 *
 * <p>Safe for all threads; {@link #carryOver} is called by one at a time.
 */
public final class Counters {
  private final LongAdder[] adders = new LongAdder[Counter.values().length];
  private final long[] carried = new long[adders.length];

  public Counters() {
    for (int each = 0; each < adders.length; each++) {
      adders[each] = new LongAdder();
    }
  }

  /** Counts one. */
  public void count(Counter counter) {
    adders[counter.place()].increment();
  }

  /** Counts several. */
  public void count(Counter counter, long amount) {
    adders[counter.place()].add(amount);
  }

  /** What this process has counted. */
  public long own(Counter counter) {
    return adders[counter.place()].sum();
  }

  /** Adds to the process row what has been counted since the last time. */
  public synchronized void carryOver(@Nullable Coordination coordination) {
    if (coordination == null) {
      return;
    }
    for (Counter counter : Counter.values()) {
      int each = counter.place();
      long sum = adders[each].sum();
      coordination.count(counter, sum - carried[each]);
      carried[each] = sum;
    }
  }
}
