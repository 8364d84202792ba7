package io.warmstart;

import io.warmstart.engine.Engine;
import io.warmstart.foreign.ForeignCheck;
import io.warmstart.index.Winners.Found;
import io.warmstart.lookup.EntryLease;
import io.warmstart.lookup.LeasePool;
import io.warmstart.lookup.LookupFlow;
import io.warmstart.model.EntryKind;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.policy.Pins;
import io.warmstart.policy.StoreLimits;
import io.warmstart.remote.Remote;
import io.warmstart.runtime.Operations;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Who answers a lookup of one store, in this order: memory; the files of the root; if these have
 * nothing, what the remote then brings there; the seeds, of which each is asked the same. Safe for
 * all threads.
 */
final class Lookups {
  private final Path root;
  private final LookupFlow flow;
  private final Pins pins;
  private final LeasePool leases;
  private final Operations operations;
  private final @Nullable Remote remote;
  private final Seeds<Lookups> seeds;

  Lookups(
      Engine engine,
      StoreLimits limits,
      ForeignCheck foreignCheck,
      Operations operations,
      @Nullable Remote remote,
      List<Lookups> seeds) {
    this.root = engine.root();
    this.flow = engine.lookupFlow(limits, foreignCheck);
    this.pins = engine.pins();
    this.leases = new LeasePool(pins);
    this.operations = operations;
    this.remote = remote;
    this.seeds = new Seeds<>(seeds, seed -> seed.root);
  }

  /** The entry that a ranking prefers. */
  Optional<Entry> find(Fingerprint key, Ranking ranking) {
    EntryLease lease = leases.take();
    Found inMemory = flow.inMemory(key, ranking, lease);
    Optional<Entry> own = found(inMemory == Found.HIT, lease);
    return own.isPresent() || isMissed(inMemory, key) ? own : further(key, ranking, inMemory);
  }

  private Optional<Entry> further(Fingerprint key, Ranking ranking, Found inMemory) {
    return beyondMemory(
        inMemory,
        () -> lent(lease -> flow.inFiles(key, ranking, lease)),
        asked -> asked.ask(key.digest()),
        seed -> seed.find(key, ranking));
  }

  /** The same; whether {@code reused} holds it now. */
  boolean find(Fingerprint key, Ranking ranking, Entry reused) {
    Found inMemory = flow.inMemory(key, ranking, reused.reuse(pins));
    return inMemory == Found.HIT
        || (!isMissed(inMemory, key) && further(key, ranking, inMemory, reused));
  }

  private boolean further(Fingerprint key, Ranking ranking, Found inMemory, Entry reused) {
    Optional<Entry> holding = Optional.of(reused);
    return beyondMemory(
            inMemory,
            () -> holding.filter(it -> flow.inFiles(key, ranking, it.reuse(pins))),
            asked -> asked.ask(key.digest()),
            seed -> holding.filter(it -> seed.find(key, ranking, it)))
        .isPresent();
  }

  /** The entry of a run, of which memory knows nothing. */
  Optional<Entry> find(Fingerprint key, String runId) {
    return beyondMemory(
        Found.UNKNOWN,
        () -> lent(lease -> flow.inFiles(key, runId, lease)),
        asked -> asked.askNow(key.digest(), runId),
        seed -> seed.find(key, runId));
  }

  /** Whether memory has said it all: nobody else is to be asked. */
  private boolean isMissed(Found inMemory, Fingerprint key) {
    return inMemory == Found.MISS
        && seeds.areNone()
        && (remote == null || !remote.isDue(key.digest()));
  }

  /**
   * What memory does not answer: in the root; if it has nothing, in what the remote then brings
   * there; else in the seeds. It is one operation, or the seeds would close in between. But no
   * close waits for a remote: what follows after that is another one, which may be refused.
   */
  private <T> Optional<T> beyondMemory(
      Found inMemory,
      Supplier<Optional<T>> inRoot,
      Predicate<Remote> asking,
      Function<Lookups, Optional<T>> inSeed) {
    boolean looks = inMemory != Found.MISS;
    if (remote != null) {
      Optional<T> own = looks ? operations.run(inRoot) : Optional.empty();
      if (own.isPresent()) {
        return own;
      }
      looks = asking.test(remote);
    }
    Supplier<Optional<T>> first = looks ? inRoot : Optional::empty;
    return operations.run(() -> first.get().or(() -> seeds.first(inSeed)));
  }

  /** The final result that the root has, or the first of its seeds that has one. */
  Optional<Entry> findFinal(Fingerprint key) {
    return operations.run(() -> ownFinal(key).or(() -> seeds.first(seed -> seed.findFinal(key))));
  }

  private Optional<Entry> ownFinal(Fingerprint key) {
    Optional<Entry> own = lent(lease -> flow.finalFirst(key, lease));
    if (own.isPresent() && own.get().kind() != EntryKind.FINAL) {
      own.get().close();
      return Optional.empty();
    }
    return own;
  }

  /** Whether there is a final result: what {@link #findFinal} says. */
  boolean isFinished(Fingerprint key) {
    return operations.run(
        () ->
            hasFinal(key)
                || seeds
                    .first(seed -> seed.isFinished(key) ? Optional.of(key) : Optional.empty())
                    .isPresent());
  }

  private boolean hasFinal(Fingerprint key) {
    if (!flow.mayHaveFinal(key)) {
      return false;
    }
    try (Entry entry = new Entry()) {
      return flow.finalFirst(key, entry.reuse(pins)) && entry.kind() == EntryKind.FINAL;
    }
  }

  private Optional<Entry> lent(Predicate<EntryLease> look) {
    EntryLease lease = leases.take();
    return found(look.test(lease), lease);
  }

  private Optional<Entry> found(boolean hit, EntryLease lease) {
    if (hit) {
      return Optional.of(new Entry(lease));
    }
    leases.give(lease);
    return Optional.empty();
  }
}
