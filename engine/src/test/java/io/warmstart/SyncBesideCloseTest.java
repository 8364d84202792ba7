package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.engine.Engine;
import io.warmstart.engine.EngineRegistry;
import io.warmstart.model.RemoteComparison;
import io.warmstart.model.SyncDirection;
import io.warmstart.model.SyncReport;
import io.warmstart.policy.NamedLimits;
import io.warmstart.policy.StoreLimits;
import io.warmstart.remote.CompareFlow;
import io.warmstart.remote.SyncFlow;
import io.warmstart.remote.copy.LocalEntries;
import io.warmstart.remote.store.ObjectStore;
import io.warmstart.remote.store.ObjectStores;
import io.warmstart.runtime.Operations;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A close does not wait for the remote of a sync: that ends with the step that it is at. */
@Timeout(120)
class SyncBesideCloseTest extends RemoteFixture {
  private final Operations operations = new Operations("the store is closed: root=here");

  private interface Use<T> {
    T of(ObjectStore there, LocalEntries here);
  }

  /** The operations are closed after an object was put, or listed. */
  private <T> T closedAt(String call, Use<T> use) throws Exception {
    try (WarmStartStore store = WarmStartStore.open(work.resolve("root"))) {
      for (int key = 0; key < 3; key++) {
        store.saveOverwrite(Payloads.key("k" + key), "r", new byte[] {1}, objective(1));
      }
      Engine engine = EngineRegistry.acquire(store.root(), store.options().engineOptions());
      try (ObjectStore there =
              HookedObjectStore.of(
                  ObjectStores.open(place.url()),
                  (name, object) -> {
                    if (name.startsWith(call)) {
                      operations.close(() -> {});
                    }
                  });
          LocalEntries here =
              engine.localEntries(
                  new StoreLimits(engine.policy(), NamedLimits.NONE), 0, operations)) {
        return use.of(there, here);
      } finally {
        EngineRegistry.release(engine);
      }
    }
  }

  private static SyncReport push(ObjectStore there, LocalEntries here) {
    return new SyncFlow(there, here).run(List.of(), SyncDirection.PUSH, false);
  }

  @Test
  void whatHasGoneIsToldAndThatTheRestHasNot() throws Exception {
    SyncReport report = closedAt("put", SyncBesideCloseTest::push);

    assertEquals(1, report.items().size(), report.toString());
    assertEquals(1, report.problems().size(), report.toString());
    String problem = report.problems().get(0);
    assertTrue(problem.startsWith("the store is closed, not all was compared"), problem);
  }

  @Test
  void beforeAnythingWasComparedItIsRefused() throws Exception {
    closedAt(
        "list",
        (there, here) -> {
          IllegalStateException refused =
              assertThrows(IllegalStateException.class, () -> push(there, here));
          assertEquals("the store is closed", refused.getMessage());
          return true;
        });
  }

  @Test
  void aComparisonTellsIt() throws Exception {
    RemoteComparison found =
        closedAt(
            "list",
            (there, here) -> new CompareFlow(there, here).run(TimeUnit.SECONDS.toNanos(60)));

    assertTrue(found.failure().orElseThrow().contains("the store is closed"), found.toString());
  }
}
