package io.warmstart.micrometer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.warmstart.Payloads;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.RemoteOptions;
import io.warmstart.model.RootInspection;
import io.warmstart.model.StoreCounter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A registry of Micrometer sees what a real store counts. */
class StoreMetricsTest {
  private static final long BUDGET = 10L << 20;
  private static final Fingerprint KEY = Payloads.key("metered");

  /** Some registries hand on what a gauge throws; the simple one logs it. */
  private static final class Uncaught extends SimpleMeterRegistry {
    @Override
    protected <T> Gauge newGauge(Meter.Id id, @Nullable T of, ToDoubleFunction<T> value) {
      return new Gauge() {
        @Override
        public double value() {
          return value.applyAsDouble(Objects.requireNonNull(of));
        }

        @Override
        public Meter.Id getId() {
          return id;
        }
      };
    }
  }

  @TempDir Path parent;
  private final MeterRegistry registry = new Uncaught();
  private Path root;
  private WarmStartStore store;

  @BeforeEach
  void open() {
    root = parent.resolve("root");
    store = WarmStartStore.open(root, StoreOptions.defaults().withSizeBudgetBytes(BUDGET));
  }

  @AfterEach
  void close() {
    store.close();
    registry.close();
  }

  private double count(String name) {
    return registry
        .get("warmstart." + name)
        .tag("root", store.root().toString())
        .functionCounter()
        .count();
  }

  private double gauge(String name) {
    return registry.get("warmstart." + name).gauge().value();
  }

  @Test
  void countersAndSizesAreThoseOfTheStore() {
    new StoreMetrics(store).bindTo(registry);
    assertEquals(0, count("saves"));

    store.save(KEY, new byte[1000], EntryAttributes.checkpoint());
    store.saveOverwrite(KEY, "run", new byte[1000], EntryAttributes.checkpoint());
    store.lookup(KEY).orElseThrow().close();
    assertTrue(store.lookup(Payloads.key("missing")).isEmpty());
    store.flush();

    assertEquals(2, count("saves"));
    assertEquals(1, count("overwrites"));
    assertEquals(1, count("hits"));
    assertEquals(1, count("misses"));
    for (StoreCounter each : StoreCounter.values()) {
      assertEquals(
          (double) store.stats().count(each), count(each.label().replace('_', '.')), each.label());
    }
    RootInspection recorded = store.recorded().orElseThrow();
    assertEquals(2, gauge("entries"));
    assertEquals(1, gauge("keys"));
    assertEquals((double) recorded.bytes(), gauge("size"));
    assertEquals(BUDGET, gauge("size.budget"));
    assertEquals(1, gauge("processes"));
    assertEquals("bytes", registry.get("warmstart.size").gauge().getId().getBaseUnit());
  }

  /** Each went through all keys of the index: a scrape did it twice. */
  @Test
  void entriesAndKeysAreOfOneLookEachSecond() {
    AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1);
    new StoreMetrics(store, Tags.empty(), nanos::get).bindTo(registry);
    store.save(KEY, new byte[10], EntryAttributes.checkpoint());
    store.flush();
    assertEquals(1, gauge("entries"));

    store.save(Payloads.key("another"), new byte[10], EntryAttributes.checkpoint());
    store.flush();

    nanos.addAndGet(999_999_999);
    assertEquals(1, gauge("keys"), "of the look that told the entries");
    nanos.addAndGet(1);
    assertEquals(2, gauge("keys"));
    assertEquals(2, gauge("entries"));
    store.close();
    assertTrue(Double.isNaN(gauge("entries")));
  }

  /** Read by a scrape, a counter that throws would take those of the application with it. */
  @Test
  void ofAClosedStoreCountersStayAndGaugesAreNotKnown() {
    new StoreMetrics(store).bindTo(registry);
    store.save(KEY, new byte[10], EntryAttributes.checkpoint());
    assertEquals(1, count("saves"));

    store.close();

    assertEquals(1, count("saves"));
    for (String name : List.of("size", "size.budget", "processes", "entries", "keys")) {
      assertTrue(Double.isNaN(gauge(name)), name);
    }
  }

  @Test
  void ofARootThatIsGoneCountersStayAndGaugesAreNotKnown() throws IOException {
    new StoreMetrics(store).bindTo(registry);
    store.save(KEY, new byte[10], EntryAttributes.checkpoint());
    assertEquals(1, count("saves"));
    store.flush();

    Path away = Files.move(root, parent.resolve("away"));

    assertEquals(1, count("saves"));
    assertTrue(Double.isNaN(gauge("size.budget")));
    Files.move(away, root);
    assertEquals(BUDGET, gauge("size.budget"));
  }

  @Test
  void ofAStoreThatMayNotWriteWhatTheIndexKnowsIsNotKnown() {
    store.close();
    store = WarmStartStore.open(root, StoreOptions.defaults().withReadOnly(true));
    new StoreMetrics(store).bindTo(registry);

    assertTrue(Double.isNaN(gauge("size")));
    assertTrue(Double.isNaN(gauge("entries")));
    assertTrue(Double.isNaN(gauge("keys")));
  }

  @Test
  void aRemoteIsShownTooWhereThereIsOne() throws IOException {
    new StoreMetrics(store).bindTo(registry);
    assertTrue(registry.find("warmstart.remote.pushed").meters().isEmpty());
    Path remote = Files.createDirectory(parent.resolve("remote"));
    try (WarmStartStore other =
            WarmStartStore.open(
                parent.resolve("other"),
                StoreOptions.defaults().withRemote(RemoteOptions.of(remote.toUri())));
        StoreMetrics metrics = new StoreMetrics(other)) {
      metrics.bindTo(registry);
      other.save(KEY, new byte[10], EntryAttributes.checkpoint());
      assertTrue(other.flushRemote(Duration.ofMinutes(1)));

      assertEquals(1, registry.get("warmstart.remote.pushed").functionCounter().count());
      assertEquals(0, registry.get("warmstart.remote.fetched").functionCounter().count());
      assertEquals(0, registry.get("warmstart.remote.refused").functionCounter().count());
      assertEquals(0, registry.get("warmstart.remote.failures").functionCounter().count());
      assertEquals(1, gauge("remote.reachable"));
      assertEquals(0, gauge("remote.due.keys"));
    }
    assertTrue(registry.find("warmstart.remote.pushed").meters().isEmpty());
  }

  /** A registry keeps what it has of a name, and went on showing the store that was closed. */
  @Test
  void eachMeterHasADescription() throws IOException {
    Path remote = Files.createDirectory(parent.resolve("remote"));
    try (WarmStartStore shared =
            WarmStartStore.open(
                root, StoreOptions.defaults().withRemote(RemoteOptions.of(remote.toUri())));
        StoreMetrics metrics = new StoreMetrics(shared)) {
      metrics.bindTo(registry);

      Set<String> told = new TreeSet<>();
      for (Meter each : registry.getMeters()) {
        String description = each.getId().getDescription();
        assertTrue(description != null && !description.isBlank(), each.getId()::toString);
        assertTrue(told.add(description), () -> each.getId() + " has that of another");
      }
      assertEquals(StoreCounter.values().length + 11, told.size());
    }
  }

  @Test
  void aStoreThatWasOpenedAgainIsShown() {
    StoreMetrics before = new StoreMetrics(store);
    before.bindTo(registry);
    store.close();
    store = WarmStartStore.open(root);
    StoreMetrics after = new StoreMetrics(store);
    after.bindTo(registry);
    store.save(KEY, new byte[9], EntryAttributes.checkpoint());
    assertEquals((double) store.stats().count(StoreCounter.SAVES), count("saves"));
    assertEquals((double) store.stats().sizeBudgetBytes(), gauge("size.budget"));

    before.close();
    assertEquals(
        (double) store.stats().count(StoreCounter.SAVES), count("saves"), "it is another's now");
    after.close();
    assertEquals(0, registry.getMeters().size());
  }

  @Test
  void closingTakesItsMetersOutAndNoOthers() {
    registry.counter("warmstart.of.the.application");
    StoreMetrics metrics = new StoreMetrics(store, Tags.of("job", "nightly"));
    metrics.bindTo(registry);
    assertTrue(registry.getMeters().size() > StoreCounter.values().length);
    for (Meter each : registry.find("warmstart.hits").meters()) {
      assertEquals("nightly", each.getId().getTag("job"));
      assertEquals(store.root().toString(), each.getId().getTag("root"));
    }

    metrics.close();
    metrics.close();

    assertEquals(
        List.of("warmstart.of.the.application"),
        registry.getMeters().stream().map(each -> each.getId().getName()).toList());
    store.save(KEY, new byte[10], EntryAttributes.checkpoint());
    metrics.bindTo(registry);
    assertEquals(1, count("saves"));
  }

  @Test
  void aMeterHasEachNameOnce() {
    new StoreMetrics(store).bindTo(registry);

    List<String> names = registry.getMeters().stream().map(each -> each.getId().getName()).toList();

    assertEquals(StoreCounter.values().length + 5, names.size());
    assertEquals(names.size(), new TreeSet<>(names).size());
    names.forEach(each -> assertTrue(each.matches("warmstart(\\.[a-z]+)+"), each));
  }
}
