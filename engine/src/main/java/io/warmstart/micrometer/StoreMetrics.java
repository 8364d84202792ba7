package io.warmstart.micrometer;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.BaseUnits;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.warmstart.WarmStartStore;
import io.warmstart.model.RemoteState;
import io.warmstart.model.RootInspection;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/**
 * Shows a store to Micrometer. The library does not bring that: users of this class have {@code
 * io.micrometer:micrometer-core} already, and on the module path requires {@code micrometer.core}.
 *
 * <p>Each {@link StoreCounter} is a counter, {@code warmstart.} and its label with dots: {@code
 * warmstart.hits}, {@code warmstart.lookups.from.files}. It tells the sum over all processes of the
 * machine, as {@link WarmStartStore#stats} does, so of several processes that publish it one is
 * enough. Gauges are {@code warmstart.size} and {@code warmstart.size.budget} in bytes, {@code
 * warmstart.processes}, {@code warmstart.entries} and {@code warmstart.keys}. A store with a remote
 * also has what {@link RemoteState} tells: the gauges {@code warmstart.remote.reachable} (1 or 0)
 * and {@code warmstart.remote.due.keys}, the counters {@code warmstart.remote.pushed}, {@code
 * fetched}, {@code refused} and {@code failures}. All have the tag {@code root}.
 *
 * <p>Each has a description in plain English.
 *
 * <p>Reading a meter looks at memory, and at no file but whether the root is there; nothing is
 * measured or kept otherwise. Entries and keys are counted in the index, in a time that grows with
 * the keys: once a second at most, for both. What is not known, or cannot be told since the store
 * is closed or its root gone, is NaN as a gauge; a counter stays where it was.
 *
 * <p>The registry does not keep the store: it is for its opener to keep and close. {@link #close}
 * takes the meters out of the registries again. A registry has one meter of a name and root:
 * binding takes the place of what was bound before, as of a store that was closed and opened again.
 * So of several stores on one root bind one.
 *
 * <p><b>Threads:</b> safe for all.
 */
public final class StoreMetrics implements MeterBinder, AutoCloseable {
  private static final String PREFIX = "warmstart.";

  /** For so long entries and keys are those of one look: a scrape reads both. */
  private static final long LOOK_EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);

  private record Bound(MeterRegistry registry, Meter meter) {}

  private final WarmStartStore store;
  private final Tags tags;
  private final LongSupplier nanoTime;
  private final List<Bound> bound = new ArrayList<>();

  // Under the monitor.
  private Optional<RootInspection> lastLook = Optional.empty();
  private boolean looked;
  private long lookedAtNanos;

  /**
   * The meters of a store.
   *
   * @param store that is open
   */
  public StoreMetrics(WarmStartStore store) {
    this(store, Tags.empty());
  }

  /**
   * The meters of a store, with more tags than its root.
   *
   * @param store that is open
   * @param more tags of each meter; one that is named {@code root} takes that one's place
   */
  public StoreMetrics(WarmStartStore store, Iterable<Tag> more) {
    this(store, more, System::nanoTime);
  }

  StoreMetrics(WarmStartStore store, Iterable<Tag> more, LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.store = Objects.requireNonNull(store);
    this.tags = Tags.of("root", store.root().toString()).and(more);
  }

  /**
   * Registers the meters.
   *
   * @param registry in which they are until {@link #close}
   */
  @Override
  public synchronized void bindTo(MeterRegistry registry) {
    for (StoreCounter each : StoreCounter.values()) {
      counter(
          registry,
          each.label().replace('_', '.'),
          MeterDescriptions.of(each),
          of -> (double) of.stats().count(each));
    }
    bytes(registry, "size", "What the root takes up", of -> known(of.stats().bytes().orElse(-1)));
    bytes(registry, "size.budget", "What the root may take up", of -> of.stats().sizeBudgetBytes());
    gauge(
        registry,
        "processes",
        "Live processes of this machine that have the root open",
        of -> of.stats().liveProcesses());
    gauge(registry, "entries", "Entries", of -> recorded(of, RootInspection::entries));
    gauge(registry, "keys", "Keys with entries", of -> recorded(of, RootInspection::keys));
    if (store.remote().isPresent()) {
      bindRemoteTo(registry);
    }
  }

  private void bindRemoteTo(MeterRegistry registry) {
    gauge(
        registry,
        "remote.reachable",
        "1 if the remote answers, as far as is known, else 0",
        of -> remote(of).reachable() ? 1 : 0);
    gauge(
        registry,
        "remote.due.keys",
        "Keys with entries that may not be in the remote yet",
        of -> known(remote(of).dueKeys()));
    counter(
        registry,
        "remote.pushed",
        "Entries that this store has put into the remote",
        of -> remote(of).pushed());
    counter(
        registry,
        "remote.fetched",
        "Entries that this store has taken from the remote",
        of -> remote(of).fetched());
    counter(
        registry,
        "remote.refused",
        "Objects of the remote that did not fit their manifest, or could not be read",
        of -> remote(of).refused());
    counter(
        registry,
        "remote.failures",
        "Attempts to use the remote that have failed",
        of -> remote(of).failures());
  }

  private static double known(long value) {
    return value < 0 ? Double.NaN : value;
  }

  private double recorded(WarmStartStore of, ToLongFunction<RootInspection> what) {
    return look(of).map(root -> (double) what.applyAsLong(root)).orElse(Double.NaN);
  }

  private synchronized Optional<RootInspection> look(WarmStartStore of) {
    if (!looked || nanoTime.getAsLong() - lookedAtNanos >= LOOK_EVERY_NANOS) {
      lastLook = of.recorded();
      lookedAtNanos = nanoTime.getAsLong();
      looked = true;
    } else {
      // Throws if the store is closed, or its root gone.
      of.stats();
    }
    return lastLook;
  }

  private static RemoteState remote(WarmStartStore of) {
    return of.remote().orElseThrow();
  }

  private void counter(
      MeterRegistry to, String name, String what, ToDoubleFunction<WarmStartStore> count) {
    makePlace(to, name);
    bound.add(
        new Bound(
            to,
            FunctionCounter.builder(PREFIX + name, store, new LastCount(count))
                .description(what)
                .tags(tags)
                .register(to)));
  }

  /** A registry would go on showing a meter of that name and these tags, and not take this one. */
  private void makePlace(MeterRegistry in, String name) {
    for (Meter each : in.find(PREFIX + name).tags(tags).meters()) {
      in.remove(each);
    }
  }

  private void gauge(
      MeterRegistry to, String name, String what, ToDoubleFunction<WarmStartStore> value) {
    makePlace(to, name);
    register(to, Gauge.builder(PREFIX + name, store, orNaN(value)).description(what));
  }

  private void bytes(
      MeterRegistry to, String name, String what, ToDoubleFunction<WarmStartStore> value) {
    makePlace(to, name);
    register(
        to,
        Gauge.builder(PREFIX + name, store, orNaN(value))
            .description(what)
            .baseUnit(BaseUnits.BYTES));
  }

  private void register(MeterRegistry to, Gauge.Builder<WarmStartStore> gauge) {
    bound.add(new Bound(to, gauge.tags(tags).register(to)));
  }

  private static ToDoubleFunction<WarmStartStore> orNaN(ToDoubleFunction<WarmStartStore> value) {
    return of -> {
      try {
        return value.applyAsDouble(of);
      } catch (IllegalStateException | StoreException e) {
        return Double.NaN;
      }
    };
  }

  /** A counter that threw would take the whole page of a scrape with it, and 0 would be a reset. */
  private static final class LastCount implements ToDoubleFunction<WarmStartStore> {
    private final ToDoubleFunction<WarmStartStore> count;
    private volatile double last;

    LastCount(ToDoubleFunction<WarmStartStore> count) {
      this.count = count;
    }

    @Override
    public double applyAsDouble(WarmStartStore of) {
      try {
        last = count.applyAsDouble(of);
      } catch (IllegalStateException | StoreException e) {
        // Closed, or its root is gone.
      }
      return last;
    }
  }

  /** Takes the meters out of the registries. The store stays open. Later calls do nothing. */
  @Override
  public synchronized void close() {
    for (Bound each : bound) {
      // Meters of one name and the same tags are equal, and another may have taken its place.
      Set<Meter> there = Collections.newSetFromMap(new IdentityHashMap<>());
      there.addAll(each.registry().getMeters());
      if (there.contains(each.meter())) {
        each.registry().remove(each.meter());
      }
    }
    bound.clear();
  }
}
