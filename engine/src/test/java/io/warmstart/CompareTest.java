package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.engine.Engine;
import io.warmstart.engine.EngineRegistry;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.RemoteComparison;
import io.warmstart.model.SyncDirection;
import io.warmstart.policy.NamedLimits;
import io.warmstart.policy.StoreLimits;
import io.warmstart.remote.CompareFlow;
import io.warmstart.remote.copy.LocalEntries;
import io.warmstart.remote.store.ObjectStore;
import io.warmstart.remote.store.ObjectStores;
import io.warmstart.testing.Await;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What of a root is not in a remote. */
@Timeout(120)
class CompareTest extends RemoteFixture {
  private RemoteComparison compare(WarmStartStore store) {
    store.flush();
    return store.compare(remote, LONG);
  }

  @Test
  void whatWasNotSentIsDue() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(work.resolve("root"))) {
      store.saveOverwrite(KEY, "run", new byte[100], objective(1));

      RemoteComparison before = compare(store);
      assertTrue(before.answered().isPresent());
      assertEquals(OptionalLong.of(1), before.dueEntries());
      assertEquals(OptionalLong.of(100), before.dueBytes());

      store.sync(remote, SyncDirection.PUSH, List.of(), false);

      RemoteComparison after = compare(store);
      assertEquals(OptionalLong.of(0), after.dueEntries());
      assertTrue(after.oldestDue().isEmpty());
    }
  }

  /** The caller waited for all pairs that the look had made first. */
  @Test
  void nobodyWaitsForLongerThanHeWantsForWhatTheLookDoesFirst() throws Exception {
    WatchedFileOps ops = new WatchedFileOps();
    CountDownLatch goesOn = new CountDownLatch(1);
    try (WarmStartStore store =
        WarmStartStore.open(
            work.resolve("root"),
            StoreOptions.defaults().withDurability(Durability.PROCESS_SAFE).withFileOps(ops))) {
      Thread saver = Thread.currentThread();
      ops.watch(
          op -> {
            if (Thread.currentThread() != saver
                && op.kind() == Kind.CREATE
                && op.path().toString().contains(KEY.toHex())) {
              Await.until("the caller has its answer", () -> goesOn.getCount() == 0);
            }
          });
      Journalled.until(store, () -> store.saveOverwrite(KEY, "run", new byte[10], objective(1)));
      FutureTask<RemoteComparison> asking =
          new FutureTask<>(() -> store.compare(remote, Duration.ofMillis(100)));
      new Thread(asking).start();

      try {
        assertEquals(OptionalLong.empty(), asking.get(30, TimeUnit.SECONDS).dueEntries());
      } finally {
        goesOn.countDown();
      }
    }
  }

  /** It is another thread's: without a word of it the caller is told of a remote that is silent. */
  @Test
  void anErrorOfTheLookIsTold() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(work.resolve("root"))) {
      Engine engine = EngineRegistry.acquire(store.root(), store.options().engineOptions());
      ObjectStore broken =
          HookedObjectStore.of(
              ObjectStores.open(place.url()),
              (call, name) -> {
                throw new AssertionError("broken");
              });
      try (broken;
          LocalEntries local =
              engine.localEntries(new StoreLimits(engine.policy(), NamedLimits.NONE), 0)) {
        RemoteComparison found = new CompareFlow(broken, local).run(TimeUnit.SECONDS.toNanos(60));

        assertEquals("AssertionError: broken", found.failure().orElseThrow());
        assertEquals(OptionalLong.empty(), found.dueEntries());
      } finally {
        EngineRegistry.release(engine);
      }
    }
  }
}
