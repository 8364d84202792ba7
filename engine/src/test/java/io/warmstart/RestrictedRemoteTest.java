package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.engine.Engine;
import io.warmstart.engine.EngineRegistry;
import io.warmstart.model.RemoteCheck;
import io.warmstart.model.SyncDirection;
import io.warmstart.model.SyncReport;
import io.warmstart.policy.NamedLimits;
import io.warmstart.policy.StoreLimits;
import io.warmstart.remote.RemoteCheckFlow;
import io.warmstart.remote.SyncFlow;
import io.warmstart.remote.copy.LocalEntries;
import io.warmstart.remote.store.ObjectStore;
import io.warmstart.remote.store.ObjectStores;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A remote that does not take, or lets go, of everything. */
@Timeout(120)
class RestrictedRemoteTest extends RemoteFixture {
  private SyncReport push(WarmStartStore store, long mostBytes) throws Exception {
    return push(store, new RestrictedObjectStore(ObjectStores.open(place.url()), mostBytes));
  }

  private static SyncReport push(WarmStartStore store, ObjectStore to) throws Exception {
    Engine engine = EngineRegistry.acquire(store.root(), store.options().engineOptions());
    try (to;
        LocalEntries local =
            engine.localEntries(new StoreLimits(engine.policy(), NamedLimits.NONE), 0)) {
      return new SyncFlow(to, local).run(List.of(), SyncDirection.PUSH, false);
    } finally {
      EngineRegistry.release(engine);
    }
  }

  /** A worker had better not have the right to remove what others have saved. */
  @Test
  void whoMayNotRemoveSendsAllTheSame() throws Exception {
    try (WarmStartStore one = WarmStartStore.open(work.resolve("one"));
        WarmStartStore other = machine("other")) {
      for (byte version = 1; version < 4; version++) {
        one.saveOverwrite(KEY, "run", new byte[] {version}, objective(1));
        assertEquals(List.of(), push(one, Long.MAX_VALUE).problems());
      }
      assertEquals(6, objects().size(), objects().toString());
      assertEquals(3, valueOf(other.lookup(KEY)));
      assertEquals(4, RemoteUpkeep.sweep(remote, false).superseded().size());
      assertEquals(2, objects().size());
    }
  }

  /** It took it for that of one who had died, as it was, a moment before. */
  @Test
  void aPayloadThatASweepRemovesUnderItsPushIsPutAgain() throws Exception {
    try (WarmStartStore one = WarmStartStore.open(work.resolve("one"));
        WarmStartStore other = machine("other")) {
      one.saveOverwrite(KEY, "run", new byte[] {7}, objective(1));
      assertEquals(List.of(), push(one, Long.MAX_VALUE).problems());
      List<String> whole = objects();
      place.objects().delete(whole.get(1));

      SyncReport report =
          push(
              one,
              HookedObjectStore.of(
                  ObjectStores.open(place.url()),
                  (call, name) -> {
                    if (call.equals("putIfAbsent") && name.equals(whole.get(1))) {
                      place.objects().delete(whole.get(0));
                    }
                  }));

      assertEquals(List.of(), report.problems());
      assertEquals(whole, objects());
      assertEquals(7, valueOf(other.lookup(KEY)));
    }
  }

  @Test
  void whoMayNotRemoveIsToldSoByACheckThatPasses() throws Exception {
    RemoteCheck check =
        RemoteCheckFlow.run(new RestrictedObjectStore(place.objects(), Long.MAX_VALUE));

    assertTrue(check.passed(), check::toString);
    assertEquals(1, objects().size());
    String told = check.steps().get(check.steps().size() - 1).found();
    assertTrue(told.contains(objects().get(0)), told);
  }

  @Test
  void whatIsTooLargeForItStaysHereAndKeepsNothingElseFromGoing() throws Exception {
    try (WarmStartStore one = WarmStartStore.open(work.resolve("one"))) {
      one.saveOverwrite(KEY, "large", new byte[101], objective(1));
      one.saveOverwrite(KEY, "small", new byte[100], objective(2));

      SyncReport report = push(one, 100);

      assertEquals(1, report.problems().size());
      assertTrue(report.problems().get(0).contains("expected<=100 actual=101"), report::toString);
      assertEquals(List.of("small"), report.items().stream().map(SyncReport.Item::runId).toList());
    }
  }
}
