package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.RootPolicy.Origin;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * The limits of a root for which nobody has named any: they delete nothing that was there before.
 */
class DefaultPolicyTest extends PolicyRoot {
  /** The fault itself, with payloads that take up nothing. */
  @Test
  void aRootThatIsLargerThanTheDefaultKeepsItsSize() throws Exception {
    StoreOptions wide =
        unnamed.withSizeBudgetBytes(100 * GIB).withPolicy(PolicyUse.THIS_STORE_ONLY);
    try (WarmStartStore store = WarmStartStore.open(root, wide)) {
      for (int i = 0; i < 4; i++) {
        saveHuge(store, "key " + i, GIB / 3);
      }
      // Counts them.
      store.evictOverflow();
    }
    try (WarmStartStore plain = WarmStartStore.open(root, unnamed)) {
      save(plain, "note", 2);

      assertEquals(5, entries(plain));
      assertEquals(Origin.KEPT, plain.policy().sizeBudgetOrigin());
      assertTrue(plain.policy().sizeBudgetBytes().getAsLong() > GIB);
      save(plain, "more", 1000);
      assertEquals(5, entries(plain), "it keeps the size, and does not grow");
    }
    // The first who names one is not contradicted by what nobody has named.
    try (WarmStartStore named = WarmStartStore.open(root, unnamed.withSizeBudgetBytes(9 * GIB))) {
      assertEquals(Origin.NAMED, named.policy().sizeBudgetOrigin());
    }
  }

  /** What an overwrite replaces stood there before it: it is no growth that a default may undo. */
  @Test
  void anOverwriteOnARootThatIsLargerThanTheDefaultEvictsNothing() throws Exception {
    StoreOptions wide =
        unnamed.withSizeBudgetBytes(100 * GIB).withPolicy(PolicyUse.THIS_STORE_ONLY);
    byte[] large = new byte[8 << 20];
    try (WarmStartStore store = WarmStartStore.open(root, wide)) {
      for (int i = 0; i < 3; i++) {
        saveHuge(store, "key " + i, GIB / 3);
      }
      store.saveOverwrite(Payloads.key("mine"), "r", large, EntryAttributes.checkpoint());
      store.evictOverflow();
    }
    try (WarmStartStore plain = WarmStartStore.open(root, unnamed)) {
      plain.saveOverwrite(Payloads.key("mine"), "r", large, EntryAttributes.checkpoint());

      assertEquals(4, entries(plain));
      assertEquals(Origin.KEPT, plain.policy().sizeBudgetOrigin());
    }
  }

  @Test
  void aRootThatGrowsPastTheDefaultByItsUseIsBroughtBackToIt() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root, unnamed)) {
      for (int i = 0; i < 3; i++) {
        saveHuge(store, "key " + i, GIB / 3 - 2000);
      }
      store.evictOverflow();
      save(store, "small", 100);
      assertEquals(Origin.DEFAULT, store.policy().sizeBudgetOrigin());
      assertTrue(store.policy().sizeBudgetBytes().isEmpty(), "not before it evicts something");

      save(store, "too much", 8000);

      assertEquals(GIB, store.policy().sizeBudgetBytes().getAsLong());
      assertTrue(store.inspect().bytes() <= GIB);
      assertEquals(4, entries(store));
    }
  }

  /** An upgrade, or a new default, would have expired all that was older than 30 days. */
  @Test
  void aDefaultTtlExpiresNothingThatWasWrittenBeforeItCameIntoForce() throws Exception {
    StoreOptions own = unnamed.withTtl(Duration.ZERO).withPolicy(PolicyUse.THIS_STORE_ONLY);
    try (WarmStartStore store = WarmStartStore.open(root, own)) {
      save(store, "before", 100);
    }
    assertFalse(Files.exists(policyFile()));
    clock.advance(Duration.ofDays(400));
    try (WarmStartStore store = WarmStartStore.open(root, unnamed)) {
      assertEquals(Optional.of(Duration.ofDays(30)), store.policy().ttl());
      assertEquals(
          Optional.of(Instant.ofEpochSecond(0, clock.nanoTime())), store.policy().ttlSince());
      save(store, "after", 100);
      clock.advance(Duration.ofDays(31));

      EvictionReport dry = store.evictOverflow(true);
      EvictionReport report = store.evictOverflow();

      assertEquals(1, report.expired());
      assertEquals(dry.removed(), report.removed());
      store.lookup(Payloads.key("before")).orElseThrow().close();
      assertTrue(store.lookup(Payloads.key("after")).isEmpty());
      // Nor after it was used since, by hit and by sweep.
      clock.advance(Duration.ofDays(31));
      assertEquals(0, store.evictOverflow().expired());
      store.lookup(Payloads.key("before")).orElseThrow().close();
      store.lookup(Payloads.key("before")).orElseThrow().close();
    }
  }
}
