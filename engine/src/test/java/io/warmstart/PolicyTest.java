package io.warmstart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.EvictionReport.Reason;
import io.warmstart.RootPolicy.Origin;
import io.warmstart.entry.ChangeAges;
import io.warmstart.format.PolicyCodec;
import io.warmstart.io.NioFileOps;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Budget and TTL belong to the root. They were those of whoever swept: two bytes saved with the
 * default options evicted 300 MB that somebody else had saved under a larger budget, and the
 * background went by the options of a store that was closed.
 */
class PolicyTest {
  private static final long GIB = 1L << 30;

  @TempDir Path root;
  private final SteppedClock clock = new SteppedClock();
  private final StoreOptions unnamed =
      StoreOptions.defaults().withClock(clock).withForeignCheckInterval(Duration.ZERO);

  private Path policyFile() {
    return root.resolve(".warmstart").resolve("policy");
  }

  private void save(WarmStartStore store, String name, int bytes) {
    clock.advance(Duration.ofSeconds(1));
    store.saveOverwrite(Payloads.key(name), "run", new byte[bytes], EntryAttributes.checkpoint());
  }

  /** As large as wanted, and it takes up nothing: a payload is not read by a sweep. */
  private void saveHuge(WarmStartStore store, String name, long bytes) throws IOException {
    save(store, name, 1);
    KeyFiles files = KeyFiles.of(root, Payloads.key(name));
    String manifest = Files.readString(files.manifest("run"));
    try (RandomAccessFile payload = new RandomAccessFile(files.payload("run").toFile(), "rw")) {
      payload.setLength(bytes);
    }
    files.writeManifest(
        "run", manifest.replace("\"payload_bytes\": 1,", "\"payload_bytes\": " + bytes + ","));
  }

  private static long entries(WarmStartStore store) {
    return store.stats().entries();
  }

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
      assertEquals(10_000, other.stats().sizeBudgetBytes());
      for (int i = 0; i < 5; i++) {
        save(other, "more " + i, 3000);
      }
      assertTrue(other.stats().bytes() <= 10_000);
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
      assertEquals(5000, own.stats().sizeBudgetBytes());
    }
  }

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
      assertTrue(store.stats().bytes() <= GIB);
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
      assertEquals("policy", store.verify(false, (done, total) -> {}).problems().get(0).kind());
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

  @Test
  void fieldsOfALaterVersionSurviveAChange() throws Exception {
    Files.createDirectory(root.resolve(".warmstart"));
    Files.writeString(policyFile(), "{\"retention\": {\"keep\": [1, 2.50]}, \"ttl_seconds\": 60}");
    StoreOptions change = unnamed.withSizeBudgetBytes(8000).withPolicy(PolicyUse.CHANGE);
    try (WarmStartStore store = WarmStartStore.open(root, change)) {
      assertEquals(Optional.of(Duration.ofSeconds(60)), store.policy().ttl());
    }
    String text = Files.readString(policyFile());
    assertTrue(text.contains("\"retention\"") && text.contains("2.50"), text);
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

  /** The agent swept by the options of the store that was opened first, closed or not. */
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
      Engine engine = Engines.acquire(wide.root(), wide.options());
      try {
        EvictFlow.sweepInBackground(engine, true);
      } finally {
        Engines.release(engine);
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

  /** What others had added within a minute of the last walk was not looked at. */
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

  /** Hits ask for no file: it is the agent that finds another policy, whoever has put it there. */
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

      Engine engine = Engines.acquire(store.root(), store.options());
      try {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (engine.policy.limits().ttlNanos() == 0) {
          assertTrue(System.nanoTime() < deadline, "not noticed");
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
      } finally {
        Engines.release(engine);
      }
      assertTrue(store.lookup(Payloads.key("a")).isEmpty());
    }
  }
}
