package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.engine.Engine;
import io.warmstart.engine.EngineRegistry;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.EvictionReport.Reason;
import io.warmstart.model.PolicyUse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sweeps go by the policy of the root. */
class PolicySweepTest extends PolicyRoot {
  /** A policy that a person or a disk has damaged: the default of 1 GiB would delete the rest. */
  @Test
  void underADamagedPolicyNothingIsDeletedItIsToldAndAChangeRepairsIt() throws Exception {
    try (WarmStartStore store =
        WarmStartStore.open(
            root, unnamed.withSizeBudgetBytes(8000).withTtl(Duration.ofMinutes(1)))) {
      save(store, "a", 3000);
      Files.writeString(policyFile(), "{ \"size_budget_bytes\": -5 }");
      clock.advance(Duration.ofHours(1));
      for (int i = 0; i < 4; i++) {
        save(store, "more " + i, 3000);
      }
      EvictionReport report = store.evictOverflow();
      assertEquals(0, report.evicted() + report.expired());
      assertEquals(1, report.failures());
      assertEquals(5, entries(store));
      store.lookup(Payloads.key("a")).orElseThrow().close();
      assertTrue(store.policy().damage().orElseThrow().contains("expected=an integer"));
      assertEquals("policy", store.verify().problems().get(0).kind());
    }
    StoreOptions named = unnamed.withSizeBudgetBytes(8000);
    WarmStartStore.open(root, named).close();
    WarmStartStore.open(root, named.withReadOnly(true)).close();
    assertTrue(Files.readString(policyFile()).contains("-5"), "only a change repairs it");
    try (WarmStartStore store = WarmStartStore.open(root, named.withPolicy(PolicyUse.CHANGE))) {
      assertEquals(Optional.empty(), store.policy().damage());
      assertTrue(store.evictOverflow().evicted() > 0);
    }
  }

  /** The housekeeper swept by the options of the store that was opened first, closed or not. */
  @Test
  void theBackgroundGoesByTheRootsPolicyWhateverSingleStoresHaveNamed() throws Exception {
    try (WarmStartStore wide = WarmStartStore.open(root, unnamed.withSizeBudgetBytes(1 << 20))) {
      WarmStartStore.open(
              root,
              unnamed
                  .withSizeBudgetBytes(1000)
                  .withTtl(Duration.ofSeconds(1))
                  .withPolicy(PolicyUse.THIS_STORE_ONLY))
          .close();
      save(wide, "a", 3000);
      save(wide, "b", 3000);
      clock.advance(Duration.ofHours(1));
      Engine engine = EngineRegistry.acquire(wide.root(), wide.options().engineOptions());
      try {
        engine.sweepFlow().runInBackground(10_000_000, true);
      } finally {
        EngineRegistry.release(engine);
      }
      assertEquals(2, entries(wide));
    }
  }

  @Test
  void aDryRunTellsWhatTheSweepThenRemovesAndChangesNothing() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root, unnamed.withSizeBudgetBytes(1 << 20));
        WarmStartStore sweeper =
            WarmStartStore.open(
                root,
                unnamed
                    .withSizeBudgetBytes(8000)
                    .withTtl(Duration.ofHours(1))
                    .withPolicy(PolicyUse.THIS_STORE_ONLY))) {
      save(store, "expired", 1000);
      clock.advance(Duration.ofHours(2));
      for (int i = 0; i < 5; i++) {
        save(store, "key " + i, 3000);
      }
      clock.advance(Duration.ofSeconds(5));
      store.lookup(Payloads.key("key 0")).orElseThrow().close();
      long before = KeyFiles.bytesOf(root);

      EvictionReport dry = sweeper.evictOverflow(true);

      assertTrue(dry.dryRun());
      assertEquals(before, KeyFiles.bytesOf(root));
      assertEquals(before, dry.bytesBefore());
      EvictionReport swept = sweeper.evictOverflow();
      assertFalse(swept.dryRun());
      assertEquals(dry.removed(), swept.removed());
      assertEquals(dry.bytesAfter(), swept.bytesAfter());
      assertEquals(
          List.of(Reason.EXPIRED, Reason.OVER_BUDGET, Reason.OVER_BUDGET, Reason.OVER_BUDGET),
          dry.removed().stream().map(EvictionReport.Removed::reason).toList());
      assertEquals(Payloads.key("expired"), dry.removed().get(0).key());
    }
  }

  /** What others had added within a minute of the last scan was not looked at. */
  @Test
  void anExplicitSweepSeesWhatAForeignHandHasJustPutThere(@TempDir Path other) throws Exception {
    try (WarmStartStore elsewhere = WarmStartStore.open(other, unnamed);
        WarmStartStore store =
            WarmStartStore.open(
                root, StoreOptions.defaults().withClock(clock).withSizeBudgetBytes(8000))) {
      save(elsewhere, "copied", 7000);
      save(store, "own", 5000);
      store.evictOverflow();
      Path key = root.resolve(Payloads.key("copied").toHex());
      Files.createDirectory(key);
      try (Stream<Path> files = Files.list(other.resolve(Payloads.key("copied").toHex()))) {
        for (Path file : files.toList()) {
          Files.copy(file, key.resolve(file.getFileName()));
        }
      }

      EvictionReport report = store.evictOverflow();

      assertEquals(1, report.evicted());
      assertTrue(KeyFiles.bytesOf(root) <= 8000);
    }
  }

  /** A dry run looked up the last use of each run in a list of all of its key's. */
  @Test
  void aDryRunOverManyRunsOfOneKeyNamesWhatTheSweepRemoves() throws Exception {
    try (WarmStartStore store =
        WarmStartStore.open(root, unnamed.withDurability(Durability.PROCESS_SAFE))) {
      for (int run = 0; run < 400; run++) {
        clock.advance(Duration.ofSeconds(1));
        store.saveOverwrite(
            Payloads.key("key"), "run-" + run, new byte[100], EntryAttributes.checkpoint());
      }
      store.flush();
      for (int run = 0; run < 400; run += 3) {
        clock.advance(Duration.ofSeconds(1));
        store.lookup(Payloads.key("key"), "run-" + run).orElseThrow().close();
      }
      // Or the manifests grow by their accesses, one after the other, while it is looked.
      store.flush();
      long budget = KeyFiles.bytesOf(root) / 5;
      try (WarmStartStore sweeper =
          WarmStartStore.open(
              root, unnamed.withSizeBudgetBytes(budget).withPolicy(PolicyUse.THIS_STORE_ONLY))) {
        EvictionReport dry = sweeper.evictOverflow(true);
        EvictionReport swept = sweeper.evictOverflow();

        assertTrue(dry.evicted() > 267, "some that were used as well");
        assertEquals(dry.removed(), swept.removed());
      }
    }
  }
}
