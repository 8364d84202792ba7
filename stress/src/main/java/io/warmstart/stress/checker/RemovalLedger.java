package io.warmstart.stress.checker;

import io.warmstart.stress.history.Operation;
import io.warmstart.stress.history.Version;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Holds sweeps to what they say: each entry that is gone was removed by one sweep that was under
 * way after it was written and before it was missed, and each sweep removed as many as it reports.
 *
 * <p>A matching of intervals: entries in order of when they were missed, each given to the sweep
 * that ended first of those that can have removed it. Any other sweep that can serve it can serve
 * at least as many of the entries still to come.
 */
public final class RemovalLedger {
  /**
   * An entry that is gone.
   *
   * @param written when its write was called
   * @param missed when it was first known to be gone
   */
  public record Gone(int key, long version, long written, long missed) {}

  /** When a sweep returned; the number tells apart what returned in the same nanosecond. */
  private record Moment(long responded, int number) {
    static final Comparator<Moment> ORDER =
        Comparator.comparingLong(Moment::responded).thenComparingInt(Moment::number);
  }

  private static final class Sweep {
    final long invoked;
    long left;

    Sweep(Operation operation) {
      invoked = operation.invoked();
      left = operation.removed();
    }
  }

  private RemovalLedger() {}

  /**
   * Balances the ledger.
   *
   * @param exact whether every removal must have an entry too; not if writers died, since a removed
   *     entry may be one that was never acknowledged
   * @return what does not balance
   */
  public static Optional<String> check(List<Gone> gone, List<Operation> sweeps, boolean exact) {
    NavigableMap<Moment, Sweep> candidates = new TreeMap<>(Moment.ORDER);
    for (Operation sweep : sweeps) {
      if (sweep.removed() > 0) {
        candidates.put(new Moment(sweep.responded(), candidates.size()), new Sweep(sweep));
      }
    }
    List<Gone> byMissed = new ArrayList<>(gone);
    byMissed.sort(Comparator.comparingLong(Gone::missed));
    for (Gone each : byMissed) {
      Moment remover = null;
      for (var candidate : candidates.tailMap(new Moment(each.written, 0), true).entrySet()) {
        if (candidate.getValue().invoked <= each.missed) {
          remover = candidate.getKey();
          candidate.getValue().left--;
          break;
        }
      }
      if (remover == null) {
        return Optional.of(
            "key %d: version %s was saved, is gone, and no sweep's report accounts for it"
                .formatted(each.key, Version.text(each.version)));
      }
      candidates.computeIfPresent(remover, (unused, sweep) -> sweep.left == 0 ? null : sweep);
    }
    long unaccounted = candidates.values().stream().mapToLong(sweep -> sweep.left).sum();
    return exact && unaccounted > 0
        ? Optional.of("sweeps report " + unaccounted + " removals of entries that nobody misses")
        : Optional.empty();
  }
}
