package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.FaultyFileOps.Fault;
import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.io.ObservedFileOps.FileOp;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.OnceBefore;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EntryKind;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.KeyContents;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.Ranking;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Saves that lie in the journal before they are pairs. */
@Tag("slow")
class JournalledSaveTest extends JournalledSaveFixture {
  @ParameterizedTest
  @EnumSource(names = {"POWER_SAFE", "PROCESS_SAFE"})
  void aSaveIsFoundAtOnceAndBecomesAPair(Durability durability) throws IOException {
    try (WarmStartStore store = open(durability)) {
      warmUp(store);
      long before = Journalled.count(store);
      save(store, "new");

      assertEquals(before + 1, Journalled.count(store));
      for (Ranking ranking : Ranking.values()) {
        assertEquals("new", found(store, ranking));
      }
      try (WarmStartStore reader =
          WarmStartStore.open(root, StoreOptions.defaults().withReadOnly(true))) {
        assertEquals("new", found(reader));
      }
      store.flush();
      assertEquals("new", pair());
      assertEquals("new", found(store));
    }
  }

  /** Of a process that has died, or is stopped, nothing becomes pairs until somebody writes. */
  @Test
  void whoOnlyLooksIsToldOfItToo() {
    Fingerprint fresh = Payloads.key("in the journal alone");
    try (WarmStartStore store = openFaulty()) {
      warmUp(store);
      // Its pair cannot be made: it stays in the journal.
      ops.onlyAt(op -> op.kind() == Kind.MAKE_DIRECTORY && op.path().endsWith(fresh.toHex()));
      ops.arm(Fault.EIO, true, 0, root);
      String run = store.save(fresh, new byte[10], EntryAttributes.checkpoint());
      try (WarmStartStore reader =
          WarmStartStore.open(root, StoreOptions.defaults().withReadOnly(true))) {
        assertTrue(reader.keys().contains(fresh));
        assertEquals(
            List.of(run),
            reader.contents(fresh).entries().stream().map(KeyContents.Listed::runId).toList());
        assertEquals(Optional.of(run), reader.explain(fresh, Ranking.LATEST).winner());
        assertEquals(2, reader.inspect().entries());
      }
      ops.disarm();
    }
  }

  /** Its pair came after the files were listed, and its record went before it was read. */
  @Test
  void whatBecomesAPairWhileSomebodyLooksIsNotCalledUnusable() {
    try (WarmStartStore store = open(Durability.POWER_SAFE)) {
      store.saveOverwrite(KEY, "earlier", new byte[5], EntryAttributes.checkpoint());
      warmUp(store);
      save(store, "new");
      OnceBefore ops = new OnceBefore();
      ops.arm(
          op -> op.kind() == Kind.OPEN_FOR_READING && op.path().endsWith("earlier.bin"),
          1,
          () -> fillSegment(store));
      try (WarmStartStore reader =
          WarmStartStore.open(root, StoreOptions.defaults().withReadOnly(true).withFileOps(ops))) {
        assertEquals(Optional.of(RUN), reader.explain(KEY, Ranking.LATEST).winner());
      }
    }
  }

  /** So that it begins another life. */
  private static void fillSegment(WarmStartStore store) {
    Fingerprint other = Payloads.key("other");
    for (int save = 0; save < 24; save++) {
      store.saveOverwrite(other, "run", new byte[400_000], EntryAttributes.checkpoint());
      store.flush();
    }
  }

  @Test
  void aPairIsMadeWithoutBeingAskedFor() {
    try (WarmStartStore store = open(Durability.PROCESS_SAFE)) {
      warmUp(store);
      save(store, "new");

      Await.until("the pair is in place", () -> pairIs("new"));
    }
  }

  @Test
  void theClosedStoreLeavesPairsAndNoSegment() throws IOException {
    try (WarmStartStore store = open(Durability.PROCESS_SAFE)) {
      warmUp(store);
      assertFalse(segments().isEmpty());
      save(store, "new");
    }
    assertEquals("new", pair());
    assertEquals(List.of(), segments());
    try (WarmStartStore store = open(Durability.IN_FILES)) {
      assertTrue(store.verify().clean(), () -> store.verify().problems().toString());
    }
  }

  @Test
  void whatIsSavedIsWhatIsFoundBeforeAndAfter() {
    EntryAttributes attributes =
        EntryAttributes.finalResult().withObjective(-1.25).withIteration(-3);
    try (WarmStartStore store = open(Durability.POWER_SAFE)) {
      warmUp(store);
      store.saveOverwrite(KEY, RUN, Versions.payload("new", 77), attributes);
      long seconds;
      int nanos;
      try (Entry entry = store.lookup(KEY).orElseThrow()) {
        check(entry);
        seconds = entry.writtenUnixSecs();
        nanos = entry.writtenNanos();
      }
      store.flush();
      try (Entry entry = store.lookup(KEY).orElseThrow()) {
        check(entry);
        assertEquals(seconds, entry.writtenUnixSecs());
        assertEquals(nanos, entry.writtenNanos());
      }
    }
  }

  private static void check(Entry entry) {
    assertEquals("new", Versions.nameOf(entry));
    assertEquals(OptionalDouble.of(-1.25), entry.objective());
    assertEquals(OptionalLong.of(-3), entry.iteration());
    assertEquals(EntryKind.FINAL, entry.kind());
    assertEquals(RUN, entry.runId());
  }

  /** Around what is stored through the mapping, and what a segment takes at most. */
  @ParameterizedTest
  @ValueSource(ints = {8, 63, 64, 65, 4096, 65_536, 65_537, 200_000, 1 << 20, 3 << 20, 5 << 20})
  void payloadsOfAllLengths(int length) throws IOException {
    try (WarmStartStore store = open(Durability.PROCESS_SAFE)) {
      warmUp(store);
      save(store, "new", length);

      assertEquals("new", found(store));
      store.flush();
      assertEquals("new", pair());
    }
  }

  @Test
  void anEmptyPayload() {
    try (WarmStartStore store = open(Durability.PROCESS_SAFE)) {
      warmUp(store);
      store.saveOverwrite(KEY, RUN, new byte[0], EntryAttributes.checkpoint());
      try (Entry entry = store.lookupLatest(KEY).orElseThrow()) {
        assertEquals(0, entry.payloadLength());
      }
      store.flush();
      try (Entry entry = store.lookupLatest(KEY).orElseThrow()) {
        assertEquals(0, entry.payloadLength());
      }
    }
  }

  @Test
  void newRunsOfNewKeys() {
    Fingerprint other = Payloads.key("other");
    StoreOptions faulty = options(Durability.PROCESS_SAFE).withFileOps(ops);
    try (WarmStartStore store = WarmStartStore.open(root, faulty)) {
      warmUp(store);
      assertTrue(store.lookup(other).isEmpty());
      // Its pair cannot be made yet: it stays in the journal.
      ops.onlyAt(op -> op.kind() == Kind.MAKE_DIRECTORY && op.path().endsWith(other.toHex()));
      ops.arm(Fault.EIO, true, 0, root);
      String runId =
          store.save(other, Versions.payload("other", 100), EntryAttributes.checkpoint());
      assertFalse(Files.exists(root.resolve(other.toHex())), "it is in the journal");
      ops.disarm();

      try (Entry entry = store.lookup(other).orElseThrow()) {
        assertEquals("other", Versions.nameOf(entry));
      }
      assertEquals(
          List.of(runId),
          store.explain(other, Ranking.LATEST).candidates().stream()
              .map(each -> each.runId())
              .toList());
      assertTrue(store.keys().contains(other));
    }
  }

  @Test
  void manyVersionsInManyLivesOfTheSegments() throws IOException {
    try (WarmStartStore store = open(Durability.PROCESS_SAFE)) {
      warmUp(store);
      long before = Journalled.count(store);
      for (int version = 0; version < 2000; version++) {
        save(store, "v" + version, 60_000);
        if (version % 97 == 0) {
          assertEquals("v" + version, found(store));
        }
      }
      // 120 MB through segments of at most four times 8 MiB.
      assertTrue(
          Journalled.count(store) - before > 100,
          "journalled: " + (Journalled.count(store) - before));
      assertEquals("v1999", found(store));
      store.flush();
      assertEquals("v1999", pair());
    }
  }

  @Test
  void aSaveIntoFilesIsLaterThanWhatIsInTheJournal() throws IOException {
    try (WarmStartStore store = open(Durability.PROCESS_SAFE);
        WarmStartStore files = open(Durability.IN_FILES)) {
      warmUp(store);
      save(store, "journalled");
      save(files, "in files");

      assertEquals("in files", found(store));
      store.flush();
      assertEquals("in files", pair());
      save(store, "journalled again");
      assertEquals("journalled again", found(files));
    }
    assertEquals("journalled again", pair());
  }

  /**
   * The stamp alone says which version is the later one, and a pair's may lie ahead, also of what
   * the index knows of its key.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aVersionReplacesAPairThatIsOfTheFuture(boolean besideAnotherRun) throws IOException {
    Fingerprint other = Payloads.key("other");
    SteppedClock clock = new SteppedClock();
    try (WarmStartStore store = open(Durability.IN_FILES, clock)) {
      clock.advance(Duration.ofHours(1));
      store.saveOverwrite(other, RUN, new byte[10], EntryAttributes.checkpoint());
    }
    deleteIndex();
    clock.advance(Duration.ofHours(-1));
    try (WarmStartStore store = open(Durability.PROCESS_SAFE, clock)) {
      warmUp(store);
      if (besideAnotherRun) {
        store.save(other, new byte[20], EntryAttributes.checkpoint().withObjective(2));
        store.flush();
      }
      store.saveOverwrite(other, RUN, new byte[30], EntryAttributes.checkpoint().withObjective(1));
      try (Entry entry = store.lookup(other).orElseThrow()) {
        assertEquals(30, entry.payloadLength());
      }
    }
    assertEquals(30, Files.size(root.resolve(other.toHex()).resolve(RUN + ".bin")));
  }

  private WarmStartStore open(Durability durability, SteppedClock clock) {
    return WarmStartStore.open(root, options(durability).withClock(clock));
  }

  private void deleteIndex() throws IOException {
    Files.delete(root.resolve(".warmstart/index"));
  }

  /** Runs a step after a key's directory was listed. */
  private static final class AfterListing extends ObservedFileOps {
    private final Path directory;
    private volatile @Nullable Runnable step;

    AfterListing(Path directory) {
      super(new NioFileOps());
      this.directory = directory;
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      try {
        return whole.run();
      } finally {
        Runnable now = step;
        if (now != null && op.kind() == Kind.LIST && op.path().equals(directory)) {
          step = null;
          now.run();
        }
      }
    }
  }

  /** The pair is not in what was listed, and the record is gone when the listing is over. */
  @Test
  void aLookupFindsWhatBecomesAPairMeanwhile() throws IOException {
    Fingerprint other = Payloads.key("other");
    AfterListing listing = new AfterListing(root.resolve(other.toHex()));
    StoreOptions options =
        options(Durability.PROCESS_SAFE)
            .withForeignCheckInterval(Duration.ZERO)
            .withFileOps(listing);
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      store.save(other, new byte[5], EntryAttributes.checkpoint());
      warmUp(store);
      store.save(other, new byte[10], EntryAttributes.checkpoint());
      // So that the index does not know.
      Files.delete(Files.createFile(root.resolve(other.toHex()).resolve("of others")));
      listing.step = store::flush;
      try (Entry entry = store.lookupLatest(other).orElseThrow()) {
        assertEquals(10, entry.payloadLength());
      }
      assertTrue(listing.step == null, "the directory was listed");
    }
  }

  @Test
  void aSmallBudgetHasNoJournal() throws IOException {
    StoreOptions small =
        options(Durability.PROCESS_SAFE)
            .withSizeBudgetBytes((64 << 20) - 1)
            .withPolicy(PolicyUse.CHANGE);
    try (WarmStartStore store = WarmStartStore.open(root, small)) {
      for (int i = 0; i < 20; i++) {
        save(store, "v" + i);
        assertEquals("v" + i, pair());
      }
      assertEquals(0, Journalled.count(store));
      assertEquals(List.of(), segments());
    }
  }

  @Test
  void theBestIsFoundAmongPairsAndRecords() {
    try (WarmStartStore store = open(Durability.PROCESS_SAFE)) {
      warmUp(store);
      for (int i = 0; i < 5; i++) {
        store.save(
            KEY,
            Versions.payload("o" + i, 100),
            EntryAttributes.checkpoint().withObjective(10 - i));
        if (i == 2) {
          store.flush();
        }
      }
      assertEquals("o4", found(store, Ranking.LOWEST_OBJECTIVE));
      save(store, "latest");
      assertEquals("latest", found(store, Ranking.LATEST));
      assertEquals("o4", found(store, Ranking.LOWEST_OBJECTIVE));
      assertArrayEquals(new int[] {6}, new int[] {store.contents(KEY).entries().size()});
    }
  }
}
