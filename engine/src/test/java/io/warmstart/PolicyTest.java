package io.warmstart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.engine.Engine;
import io.warmstart.engine.EngineRegistry;
import io.warmstart.format.PolicyCodec;
import io.warmstart.io.NioFileOps;
import io.warmstart.model.PolicyConflictException;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.Retention;
import io.warmstart.model.RootPolicy;
import io.warmstart.model.RootPolicy.Origin;
import io.warmstart.pair.ChangeAges;
import io.warmstart.policy.PolicyFile;
import io.warmstart.testing.Await;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Budget and TTL belong to the root. They were those of the process that swept: two bytes saved
 * with the default options evicted 300 MB that somebody else had saved under a larger budget, and
 * the background went by the options of a store that was closed.
 */
class PolicyTest extends PolicyRoot {
  @Test
  void theFirstWhoNamesABudgetSetsItForAllWhoNameNone() {
    try (WarmStartStore first =
        WarmStartStore.open(
            root, unnamed.withSizeBudgetBytes(10_000).withTtl(Duration.ofMinutes(5)))) {
      save(first, "a", 100);
    }
    try (WarmStartStore other = WarmStartStore.open(root, unnamed)) {
      RootPolicy policy = other.policy();
      assertEquals(10_000, policy.sizeBudgetBytes().getAsLong());
      assertEquals(Origin.NAMED, policy.sizeBudgetOrigin());
      assertEquals(Optional.of(Duration.ofMinutes(5)), policy.ttl());
      assertEquals(10_000, other.inspect().sizeBudgetBytes());
      for (int i = 0; i < 5; i++) {
        save(other, "more " + i, 3000);
      }
      assertTrue(other.inspect().bytes() <= 10_000);
      clock.advance(Duration.ofMinutes(6));
      assertTrue(other.lookup(Payloads.key("more 4")).isEmpty(), "the root's TTL has passed");
    }
  }

  @Test
  void whoNamesAnotherIsRefusedWithBothValuesAndWhoNamesTheSameIsNot() {
    StoreOptions named = unnamed.withSizeBudgetBytes(10_000).withTtl(Duration.ofMinutes(5));
    WarmStartStore.open(root, named).close();
    WarmStartStore.open(root, named).close();
    WarmStartStore.open(root, named.withReadOnly(true)).close();

    for (StoreOptions other :
        List.of(
            named.withSizeBudgetBytes(500), unnamed.withSizeBudgetBytes(500).withReadOnly(true))) {
      String refused =
          assertThrows(PolicyConflictException.class, () -> WarmStartStore.open(root, other))
              .toString();
      assertTrue(refused.contains("10000 bytes") && refused.contains("500 bytes"), refused);
    }
    String refused =
        assertThrows(
                PolicyConflictException.class,
                () -> WarmStartStore.open(root, unnamed.withTtl(Duration.ofHours(7))))
            .toString();
    assertTrue(refused.contains("PT5M") && refused.contains("PT7H"), refused);
    // A refusal leaves no engine open.
    WarmStartStore.open(root, unnamed.withClock(new SteppedClock())).close();
  }

  @Test
  void retentionIsTheRootsToo() {
    StoreOptions keep = unnamed.withRetention(Retention.KEEP_BEST_AND_LATEST);
    StoreOptions original = unnamed.withRetention(Retention.ORIGINAL);
    try (WarmStartStore store = WarmStartStore.open(root, unnamed)) {
      assertEquals(Retention.ORIGINAL, store.policy().retention());
    }
    WarmStartStore.open(root, keep).close();
    WarmStartStore.open(root, keep).close();
    WarmStartStore.open(root, original.withPolicy(PolicyUse.THIS_STORE_ONLY)).close();
    String refused =
        assertThrows(PolicyConflictException.class, () -> WarmStartStore.open(root, original))
            .toString();
    assertTrue(refused.contains("expected=KEEP_BEST_AND_LATEST actual=ORIGINAL"), refused);
    try (WarmStartStore store = WarmStartStore.open(root, unnamed)) {
      assertEquals(Retention.KEEP_BEST_AND_LATEST, store.policy().retention());
      WarmStartStore.open(root, original.withPolicy(PolicyUse.CHANGE)).close();
      assertEquals(Retention.ORIGINAL, store.policy().retention());
    }
  }

  @Test
  void aChangeOnPurposeHoldsForStoresThatAreOpen() {
    try (WarmStartStore open = WarmStartStore.open(root, unnamed.withSizeBudgetBytes(100_000))) {
      for (int i = 0; i < 5; i++) {
        save(open, "key " + i, 3000);
      }
      StoreOptions change = unnamed.withSizeBudgetBytes(8000).withPolicy(PolicyUse.CHANGE);
      WarmStartStore.open(root, change).close();

      assertEquals(5, entries(open), "the change itself evicts nothing");
      save(open, "one more", 3000);
      assertEquals(2, entries(open));
    }
  }

  @Test
  void whatIsNamedForOneStoreHoldsForItsOwnSweepsAndLooksAndSetsNothing() {
    try (WarmStartStore store = WarmStartStore.open(root, unnamed.withSizeBudgetBytes(100_000));
        WarmStartStore own =
            WarmStartStore.open(
                root,
                unnamed
                    .withSizeBudgetBytes(5000)
                    .withTtl(Duration.ofSeconds(30))
                    .withPolicy(PolicyUse.THIS_STORE_ONLY))) {
      save(store, "a", 3000);
      save(store, "b", 3000);
      clock.advance(Duration.ofSeconds(40));
      assertTrue(own.lookup(Payloads.key("a")).isEmpty());
      store.lookup(Payloads.key("a")).orElseThrow().close();

      save(store, "c", 3000);
      assertEquals(3, entries(store));
      save(own, "d", 3000);

      assertEquals(1, entries(store));
      assertEquals(100_000, own.policy().sizeBudgetBytes().getAsLong());
      assertEquals(5000, own.inspect().sizeBudgetBytes());
    }
  }

  @Test
  void fieldsOfALaterVersionSurviveAChange() throws Exception {
    Files.createDirectory(root.resolve(".warmstart"));
    Files.writeString(
        policyFile(), "{\"a later field\": {\"keep\": [1, 2.50]}, \"ttl_seconds\": 60}");
    StoreOptions change = unnamed.withSizeBudgetBytes(8000).withPolicy(PolicyUse.CHANGE);
    try (WarmStartStore store = WarmStartStore.open(root, change)) {
      assertEquals(Optional.of(Duration.ofSeconds(60)), store.policy().ttl());
    }
    String text = Files.readString(policyFile());
    assertTrue(text.contains("\"a later field\"") && text.contains("2.50"), text);
    assertTrue(text.contains("\"size_budget_bytes\": 8000"), text);
  }

  @Test
  void aStoreForLookupsGoesByThePolicyAndWritesNone() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root, unnamed.withTtl(Duration.ofHours(1)))) {
      save(store, "a", 100);
    }
    clock.advance(Duration.ofHours(2));
    StoreOptions reading = unnamed.withReadOnly(true);
    try (WarmStartStore store = WarmStartStore.open(root, reading)) {
      assertTrue(store.lookup(Payloads.key("a")).isEmpty());
    }
    Files.delete(policyFile());
    try (WarmStartStore store = WarmStartStore.open(root, reading)) {
      store.lookup(Payloads.key("a")).orElseThrow().close();
    }
    assertFalse(Files.exists(policyFile()));
  }

  /** Its stripe is of this machine alone. */
  @Test
  void whatAnotherMachineHasStagedStaysUntilItIsOld(@TempDir Path local) throws Exception {
    Path staged = root.resolve(".warmstart/policy.new-1-2");
    Files.createDirectory(root.resolve(".warmstart"));
    Files.writeString(staged, "{");
    StoreOptions beside = unnamed.withLocalDirectory(local).withPolicy(PolicyUse.CHANGE);
    WarmStartStore.open(root, beside.withSizeBudgetBytes(1000)).close();
    assertTrue(Files.exists(staged));
    clock.advance(Duration.ofMinutes(11));
    WarmStartStore.open(root, beside.withSizeBudgetBytes(2000)).close();
    assertFalse(Files.exists(staged));
  }

  /**
   * Hits ask for no file: it is the housekeeper that finds another policy, no matter who has put it
   * there.
   */
  @Test
  void anOpenStoreNoticesAPolicyThatAnotherProcessHasChanged() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root, unnamed.withTtl(Duration.ZERO))) {
      save(store, "a", 100);
      store.lookup(Payloads.key("a")).orElseThrow().close();
      clock.advance(Duration.ofHours(1));
      store.lookup(Payloads.key("a")).orElseThrow().close();
      clock.advance(Duration.ofHours(1));

      NioFileOps ops = new NioFileOps();
      new PolicyFile(ops, root, new ChangeAges(ops, clock, System::nanoTime))
          .publish(PolicyCodec.decode("{\"ttl_seconds\": 60}".getBytes(UTF_8)), false);

      Engine engine = EngineRegistry.acquire(store.root(), store.options().engineOptions());
      try {
        Await.until("it is noticed", () -> engine.policy().limits().ttlNanos() > 0);
      } finally {
        EngineRegistry.release(engine);
      }
      assertTrue(store.lookup(Payloads.key("a")).isEmpty());
    }
  }
}
