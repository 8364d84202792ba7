package io.warmstart.stress.checker;

import io.warmstart.stress.history.Operation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * When entries may vanish by design: while a sweep is under way, or once their TTL has passed.
 *
 * <p>A sweep does not tell which entries it removes, only how many ({@link RemovalLedger} holds it
 * to that). Here it is enough whether one was under way between two moments.
 */
public final class Vanishing {
  private final long[] responded;
  private final long[] earliestInvoked;
  private final long ttlNanos;

  private Vanishing(long[] responded, long[] earliestInvoked, long ttlNanos) {
    this.responded = responded;
    this.earliestInvoked = earliestInvoked;
    this.ttlNanos = ttlNanos;
  }

  /** Nothing may vanish. */
  public static Vanishing never() {
    return of(List.of(), 0);
  }

  /**
   * Entries may vanish during these operations.
   *
   * @param ttlNanos after which an entry may vanish anyway; 0 = never
   */
  public static Vanishing of(List<Operation> sweeps, long ttlNanos) {
    List<Operation> sorted = new ArrayList<>(sweeps);
    sorted.sort(Comparator.comparingLong(Operation::responded));
    long[] responded = new long[sorted.size()];
    long[] earliestInvoked = new long[sorted.size()];
    long earliest = Long.MAX_VALUE;
    for (int i = sorted.size() - 1; i >= 0; i--) {
      responded[i] = sorted.get(i).responded();
      earliest = Math.min(earliest, sorted.get(i).invoked());
      earliestInvoked[i] = earliest;
    }
    return new Vanishing(responded, earliestInvoked, ttlNanos);
  }

  /** Whether what was written from {@code since} on may be gone at {@code until}. */
  public boolean possible(long since, long until) {
    if (ttlNanos > 0 && until - since >= ttlNanos) {
      return true;
    }
    int low = 0;
    int high = responded.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (responded[middle] < since) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low < responded.length && earliestInvoked[low] <= until;
  }
}
