package io.warmstart.stress.checker;

import io.warmstart.stress.history.Kind;
import io.warmstart.stress.history.Operation;
import io.warmstart.stress.history.Version;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** A history as a test tells it: who did what from when to when. */
final class Told {
  static final int SHARED = 0;

  private final List<Operation> operations = new ArrayList<>();
  private final List<Operation> sweeps = new ArrayList<>();
  private @Nullable Set<Long> end;
  private long ttlNanos;
  private int workers;

  /** The version, of the first five, that has the lowest objective; the next; and so on. */
  static long version(int rank) {
    return LongStream.rangeClosed(1, 5)
        .map(count -> Version.of(0, count))
        .boxed()
        .sorted(Comparator.comparingDouble(Version::objective))
        .skip(rank)
        .findFirst()
        .orElseThrow();
  }

  Told save(long version, long from, long to) {
    return add(Kind.SAVE, -1, version, from, to, false);
  }

  Told overwrite(long version, long from, long to) {
    return add(Kind.OVERWRITE, SHARED, version, from, to, false);
  }

  Told overwriteThatFailed(long version, long from, long to) {
    return add(Kind.OVERWRITE, SHARED, version, from, to, true);
  }

  Told overwriteThatDied(long version, long from) {
    return add(Kind.OVERWRITE, SHARED, version, from, Operation.NEVER, false);
  }

  Told found(long version, long from, long to) {
    return add(Kind.LOWEST, -1, version, from, to, false);
  }

  Told latest(long version, long from, long to) {
    return add(Kind.LATEST, -1, version, from, to, false);
  }

  Told miss(long from, long to) {
    return found(0, from, to);
  }

  Told sweep(long from, long to) {
    sweeps.add(new Operation(workers++, Kind.SWEEP, -1, -1, 0, from, to, false, 1));
    return this;
  }

  Told expiringAfter(long nanos) {
    ttlNanos = nanos;
    return this;
  }

  Told end(Long... versions) {
    end = Set.of(versions);
    return this;
  }

  Optional<Violation> check() {
    return Linearizability.check(
        new KeyHistory(7, operations, end, 1_000), Vanishing.of(sweeps, ttlNanos));
  }

  private Told add(Kind kind, int run, long version, long from, long to, boolean failed) {
    operations.add(new Operation(workers++, kind, 7, run, version, from, to, failed, 0));
    return this;
  }
}
