package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.FaultyFileOps;
import io.warmstart.io.FaultyFileOps.Fault;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PayloadTooLargeException;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.Ranking;
import io.warmstart.model.ReadOnlyStoreException;
import io.warmstart.model.StorageFullException;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreException;
import io.warmstart.model.StoreListener;
import io.warmstart.model.StoreTrouble;
import io.warmstart.testing.Await;
import io.warmstart.testing.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Saves whose payload is written into the memory that it will lie in. */
@ExtendWith(Seeds.class)
class ReservedSaveTest {
  private static final Fingerprint KEY = Payloads.key("reserved");
  private static final Fingerprint OTHER = Payloads.key("other");
  private static final String RUN = "r";
  private static final EntryAttributes CHECKPOINT = EntryAttributes.checkpoint();

  @TempDir Path root;
  private final FaultyFileOps ops = new FaultyFileOps();

  private static StoreOptions options(Durability durability) {
    return StoreOptions.defaults().withDurability(durability);
  }

  private WarmStartStore open(Durability durability) {
    return WarmStartStore.open(root, options(durability));
  }

  private WarmStartStore openReadOnly() {
    return WarmStartStore.open(root, StoreOptions.defaults().withReadOnly(true));
  }

  private static void save(WarmStartStore store, Fingerprint key, String version) {
    store.saveOverwrite(key, RUN, Versions.payload(version, 1000), CHECKPOINT);
  }

  /** Until the journal takes saves of both keys' runs. */
  private static void warmUp(WarmStartStore store) {
    for (Fingerprint key : List.of(OTHER, KEY)) {
      Journalled.until(store, () -> save(store, key, "warm"));
    }
    store.flush();
  }

  private static Reservation reserve(WarmStartStore store, String version) {
    return reserve(store, version, 1000);
  }

  /** Reserves, and writes all of it. */
  private static Reservation reserve(WarmStartStore store, String version, int length) {
    Reservation reserved = store.reserveOverwrite(KEY, RUN, length, CHECKPOINT);
    assertEquals(length, reserved.buffer().capacity());
    reserved.buffer().putBytes(0, Versions.payload(version, length));
    return reserved;
  }

  private static String found(WarmStartStore store, Fingerprint key) {
    return store
        .lookup(key, Ranking.LATEST)
        .map(
            entry -> {
              try (entry) {
                return Versions.nameOf(entry);
              }
            })
        .orElse("none");
  }

  private static String found(WarmStartStore store) {
    return found(store, KEY);
  }

  private String pair() throws IOException {
    return Versions.nameOf(Files.readAllBytes(root.resolve(KEY.toHex()).resolve(RUN + ".bin")));
  }

  private List<Path> segments() throws IOException {
    try (var files = Files.list(root.resolve(".warmstart/journal"))) {
      return files.toList();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"POWER_SAFE", "PROCESS_SAFE"})
  void whatIsCommittedIsFoundAndNothingBefore(Durability durability) throws IOException {
    try (WarmStartStore store = open(durability);
        WarmStartStore reader = openReadOnly()) {
      warmUp(store);
      long journalled = Journalled.count(store);
      long saves = store.stats().count(StoreCounter.SAVES);
      long overwrites = store.stats().count(StoreCounter.OVERWRITES);
      try (Reservation reserved = reserve(store, "new")) {
        assertEquals(RUN, reserved.runId());
        assertTrue(MappedFiles.isOfSegment(reserved.buffer()));
        save(store, OTHER, "behind");
        assertEquals("warm", found(store));
        assertEquals("warm", found(reader));
        assertEquals("behind", found(store, OTHER));
        assertEquals("behind", found(reader, OTHER));

        reserved.commit();
      }
      assertEquals("new", found(store));
      assertEquals("new", found(reader));
      assertEquals(journalled + 2, Journalled.count(store));
      assertEquals(saves + 2, store.stats().count(StoreCounter.SAVES));
      assertEquals(overwrites + 2, store.stats().count(StoreCounter.OVERWRITES));
      store.flush();
      assertEquals("new", pair());
      assertTrue(store.verify().clean(), () -> store.verify().problems().toString());
    }
    assertEquals(List.of(), segments());
  }

  @Test
  void aFreshRunIsSavedWithWhatItWasReservedWith() {
    EntryAttributes attributes = EntryAttributes.finalResult().withObjective(-1).withIteration(7);
    try (WarmStartStore store = open(Durability.PROCESS_SAFE)) {
      warmUp(store);
      Fingerprint fresh = Payloads.key("fresh");
      String runId;
      try (Reservation reserved = store.reserve(fresh, 500, attributes)) {
        runId = reserved.runId();
        reserved.buffer().putBytes(0, Versions.payload("first", 500));
        reserved.commit();
      }
      try (Entry entry = store.lookup(fresh, runId).orElseThrow()) {
        assertEquals("first", Versions.nameOf(entry));
        assertEquals(-1, entry.objective().orElseThrow());
        assertEquals(7, entry.iteration().orElseThrow());
      }
    }
  }

  /** Its place is before that of what was saved meanwhile, and its stamp after it. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatIsCommittedIsLaterThanWhatWasSavedMeanwhile(boolean pairBetween) throws IOException {
    try (WarmStartStore store = open(Durability.POWER_SAFE)) {
      warmUp(store);
      try (Reservation first = reserve(store, "first");
          Reservation second = reserve(store, "second")) {
        save(store, KEY, "between");
        assertEquals("between", found(store));
        if (pairBetween) {
          store.flush();
        }
        second.commit();
        assertEquals("second", found(store));
        first.commit();
      }
      assertEquals("first", found(store));
      try (WarmStartStore reader = openReadOnly()) {
        assertEquals("first", found(reader));
      }
      store.flush();
      assertEquals("first", pair());
      assertEquals("first", found(store));
    }
    assertEquals("first", pair());
  }

  @Test
  void whatIsAbortedOrClosedIsNotFoundAndItsRoomIsGivenBack() throws IOException {
    List<String> told = new CopyOnWriteArrayList<>();
    try (WarmStartStore store =
            WarmStartStore.open(
                root, options(Durability.PROCESS_SAFE).withListener(telling(told)));
        WarmStartStore reader = openReadOnly()) {
      warmUp(store);
      reserve(store, "aborted").abort();
      reserve(store, "closed").close();
      save(store, OTHER, "behind");
      assertEquals("warm", found(store));
      assertEquals("warm", found(reader));
      assertEquals("behind", found(reader, OTHER));
      // More than all segments hold, and nothing else is saved meanwhile.
      for (int i = 0; i < 3000; i++) {
        reserve(store, "closed", 60_000).close();
      }
      Await.until(
          "there is room in the journal",
          () -> {
            try (Reservation reserved = reserve(store, "closed", 60_000)) {
              return MappedFiles.isOfSegment(reserved.buffer());
            }
          });
      store.flush();
      assertEquals("warm", pair());
      assertEquals(List.of(), told, "nothing was forgotten");
    }
    assertEquals(List.of(), segments());
  }

  @Test
  void whatHasEndedRefusesAndItsBufferReachesNothing() {
    try (WarmStartStore store = open(Durability.PROCESS_SAFE)) {
      warmUp(store);
      for (String how : List.of("commit", "abort", "close")) {
        Reservation reserved = reserve(store, how);
        MutableDirectBuffer kept = reserved.buffer();
        switch (how) {
          case "commit" -> reserved.commit();
          case "abort" -> reserved.abort();
          default -> reserved.close();
        }
        assertEquals(0, kept.capacity());
        assertThrows(IndexOutOfBoundsException.class, () -> kept.putByte(0, (byte) 1));
        assertThrows(IndexOutOfBoundsException.class, () -> kept.getLong(0));
        assertThrows(IllegalStateException.class, reserved::buffer);
        assertThrows(IllegalStateException.class, reserved::commit);
        IllegalStateException refused = assertThrows(IllegalStateException.class, reserved::abort);
        assertTrue(refused.toString().contains(how), refused.toString());
        reserved.close();
        assertEquals("commit", found(store));
      }
    }
  }

  /** It waits for none of them, and they can do nothing to the root any more. */
  @ParameterizedTest
  @EnumSource(names = {"PROCESS_SAFE", "IN_FILES"})
  void theStoresCloseEndsWhatIsOpen(Durability durability) throws IOException {
    WarmStartStore store = open(Durability.PROCESS_SAFE);
    warmUp(store);
    WarmStartStore second = open(durability);
    Reservation reserved = reserve(second, "late");
    MutableDirectBuffer kept = reserved.buffer();
    Reservation ofTheOther = reserve(store, "other store's");
    save(store, OTHER, "behind");
    second.close();
    assertThrows(IndexOutOfBoundsException.class, () -> kept.putByte(0, (byte) 1));
    IllegalStateException refused = assertThrows(IllegalStateException.class, reserved::commit);
    assertTrue(refused.toString().contains("store"), refused.toString());
    reserved.close();
    assertThrows(IllegalStateException.class, () -> second.reserve(KEY, 1, CHECKPOINT));

    ofTheOther.commit();
    assertEquals("other store's", found(store));
    Reservation last = reserve(store, "last");
    store.close();
    assertThrows(IllegalStateException.class, last::commit);
    assertEquals("other store's", pair());
    assertEquals(List.of(), segments());
  }

  @Test
  void refusalsComeFromReserve() {
    StoreOptions small =
        options(Durability.PROCESS_SAFE).withSizeBudgetBytes(1 << 20).withPolicy(PolicyUse.CHANGE);
    WarmStartStore store = WarmStartStore.open(root, small);
    try (store) {
      assertThrows(PayloadTooLargeException.class, () -> store.reserve(KEY, 1 << 20, CHECKPOINT));
      assertThrows(
          IllegalArgumentException.class, () -> store.reserveOverwrite(KEY, "../r", 1, CHECKPOINT));
      for (long length : new long[] {-1, Long.MIN_VALUE, 1L << 31, Long.MAX_VALUE}) {
        assertThrows(IllegalArgumentException.class, () -> store.reserve(KEY, length, CHECKPOINT));
      }
    }
    assertThrows(IllegalStateException.class, () -> store.reserve(KEY, 1, CHECKPOINT));
    try (WarmStartStore reader = openReadOnly()) {
      assertThrows(ReadOnlyStoreException.class, () -> reader.reserve(KEY, 1, CHECKPOINT));
    }
  }

  /** Before there is a segment, for a pair, and for what is too long for a record. */
  @Test
  void whereTheJournalHasNoRoomTheMemoryIsAnother() throws IOException {
    for (int length : new int[] {8, 1000}) {
      // A root each: the first save has a segment made, at any time from then on.
      Path fresh = root.resolve("fresh-" + length);
      try (WarmStartStore store = WarmStartStore.open(fresh, options(Durability.PROCESS_SAFE))) {
        Reservation first = reserve(store, "first", length);
        assertFalse(MappedFiles.isOfSegment(first.buffer()));
        first.commit();
        assertEquals("first", found(store));
      }
    }
    try (WarmStartStore store = open(Durability.PROCESS_SAFE);
        WarmStartStore files = open(Durability.IN_FILES)) {
      warmUp(store);
      Reservation pair = reserve(files, "pair");
      assertFalse(MappedFiles.isOfSegment(pair.buffer()));
      pair.commit();
      assertEquals("pair", pair());
      Reservation large = reserve(store, "large", 5 << 20);
      MutableDirectBuffer kept = large.buffer();
      assertFalse(MappedFiles.isOfSegment(kept));
      large.commit();
      assertThrows(IndexOutOfBoundsException.class, () -> kept.putByte(0, (byte) 1));
      assertEquals("large", found(store));
      reserve(store, "closed", 5 << 20).close();
      assertEquals("large", found(store));
    }
    assertEquals("large", pair());
  }

  @Test
  void anEmptyPayload() {
    try (WarmStartStore store = open(Durability.PROCESS_SAFE)) {
      warmUp(store);
      for (int round = 0; round < 2; round++) {
        try (Reservation reserved = store.reserveOverwrite(KEY, RUN, 0, CHECKPOINT)) {
          reserved.commit();
        }
        try (Entry entry = store.lookupLatest(KEY).orElseThrow()) {
          assertEquals(0, entry.payloadLength());
        }
        save(store, KEY, "between");
      }
    }
  }

  /** The first save of a run by each process makes a pair. */
  @Test
  void aRunThatIsNotKnownYetGoesIntoFiles() throws IOException {
    try (WarmStartStore store = open(Durability.IN_FILES)) {
      save(store, KEY, "old");
    }
    try (WarmStartStore store = open(Durability.PROCESS_SAFE)) {
      Journalled.until(store, () -> save(store, OTHER, "warm"));
      Reservation reserved = reserve(store, "new");
      assertTrue(MappedFiles.isOfSegment(reserved.buffer()));
      reserved.commit();
      assertEquals("new", pair());
      assertEquals("new", found(store));
    }
  }

  private WarmStartStore openFaulty() {
    return WarmStartStore.open(root, options(Durability.POWER_SAFE).withFileOps(ops));
  }

  /**
   * What reads as zeros by then was saved as zeros, with a check that fits: at once, and once the
   * journal had given the segment up, and had aborted what was open in it.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aSegmentThatIsTruncatedAndHasGrownAgainIsNotSaved(boolean givenUp) throws IOException {
    try (WarmStartStore store = openFaulty()) {
      warmUp(store);
      Reservation reserved = reserve(store, "lost");
      for (Path segment : segments()) {
        try (FileChannel file = FileChannel.open(segment, StandardOpenOption.WRITE)) {
          long length = file.size();
          file.truncate(0);
          file.write(ByteBuffer.allocate(1), length - 1);
        }
      }

      if (givenUp) {
        Await.until("it is given up", () -> segments().isEmpty());
      }

      StoreException lost = assertThrows(StoreException.class, reserved::commit);

      assertTrue(lost.toString().contains("nothing was changed"), lost.toString());
      assertEquals("warm", found(store));
    }
  }

  /** Nothing tells whether bytes were dropped after they were sealed, or before. */
  @Test
  void aFailedSyncOfItsOwnLosesItAndSaysSo() throws IOException {
    try (WarmStartStore store = openFaulty()) {
      warmUp(store);
      Reservation reserved = reserve(store, "new");
      ops.onlyAt(op -> op.kind() == Kind.SYNC && op.path().toString().contains("segment-"));
      ops.arm(Fault.EIO, false, 0, root);
      StoreException lost = assertThrows(StoreException.class, reserved::commit);
      ops.disarm();

      assertTrue(lost.toString().contains("nothing was changed"), lost.toString());
      assertTrue(ops.failed() != null);
      assertEquals("warm", found(store));
      store.flush();
      assertEquals("warm", pair());
    }
    assertEquals(List.of(), segments());
  }

  /** The kernel may have dropped what was stored, and nothing tells. */
  @Test
  void aFailedSyncBeforeItIsCommittedLosesItAndSaysSo() throws IOException {
    try (WarmStartStore store = openFaulty()) {
      warmUp(store);
      Reservation reserved = reserve(store, "lost");
      List<Path> condemned = segments();
      ops.onlyAt(op -> op.kind() == Kind.SYNC && op.path().toString().contains("segment-"));
      ops.arm(Fault.EIO, false, 0, root);
      save(store, OTHER, "in files");
      ops.disarm();
      // An open record keeps no segment that cannot be used any more.
      Await.until("nothing holds the segment", () -> !segments().containsAll(condemned));

      StoreException lost = assertThrows(StoreException.class, reserved::commit);
      assertTrue(lost.toString().contains("nothing was changed"), lost.toString());
      assertEquals("warm", found(store));
      assertEquals("in files", found(store, OTHER));
    }
    assertEquals(List.of(), segments());
  }

  @Test
  void aFullDiskLeavesTheVersionBefore() throws IOException {
    try (WarmStartStore store = openFaulty()) {
      warmUp(store);
      Reservation large = reserve(store, "large", 5 << 20);
      ops.onlyAt(op -> op.kind() == Kind.CREATE);
      ops.arm(Fault.ENOSPC, true, 0, root);
      assertThrows(StorageFullException.class, large::commit);
      ops.disarm();

      assertThrows(IllegalStateException.class, large::commit);
      assertEquals("warm", found(store));
      assertEquals("warm", pair());
    }
  }

  @Test
  void aSegmentThatSomebodyRemovesKeepsWhatIsWrittenThere() throws IOException {
    try (WarmStartStore store = open(Durability.PROCESS_SAFE)) {
      warmUp(store);
      Reservation reserved = reserve(store, "new");
      for (Path segment : segments()) {
        Files.delete(segment);
      }
      // It is left as soon as that is noticed: the open record keeps nobody waiting.
      Await.until(
          "another segment is there",
          () -> {
            save(store, OTHER, "goes on");
            return !segments().isEmpty();
          });
      reserved.commit();
      assertEquals("new", found(store));
      store.flush();
      assertEquals("new", pair());
    }
  }

  /** Else a few that stay open would take the journal away from everybody. */
  @Test
  void openRecordsHoldOneSegmentAtMost() throws IOException {
    try (WarmStartStore store = open(Durability.PROCESS_SAFE)) {
      warmUp(store);
      Reservation held = reserve(store, "held");
      boolean ofSegment = true;
      for (int saves = 0; ofSegment && saves < 5000; saves++) {
        store.saveOverwrite(OTHER, RUN, Versions.payload("v" + saves, 60_000), CHECKPOINT);
        try (Reservation next = reserve(store, "next")) {
          ofSegment = MappedFiles.isOfSegment(next.buffer());
        }
      }
      assertFalse(ofSegment);
      // Many times as much as the segments hold that are left.
      long before = Journalled.count(store);
      Journalled.until(store, () -> save(store, OTHER, "goes on"));
      assertTrue(Journalled.count(store) > before);
      held.commit();
      assertEquals("held", found(store));
      Await.until(
          "there is room in the journal",
          () -> {
            try (Reservation next = reserve(store, "next")) {
              return MappedFiles.isOfSegment(next.buffer());
            }
          });
    }
    assertEquals("held", pair());
  }

  /** Both sides of a reservation that nobody can commit any more are given back, and it is told. */
  @Test
  void aForgottenReservationIsAborted() throws IOException {
    List<String> told = new CopyOnWriteArrayList<>();
    try (WarmStartStore store =
        WarmStartStore.open(root, options(Durability.PROCESS_SAFE).withListener(telling(told)))) {
      warmUp(store);
      MutableDirectBuffer kept = reserve(store, "kept").buffer();
      forget(store);
      Await.until(
          "it is told",
          () -> {
            System.gc();
            return told.stream().anyMatch(text -> text.contains("actual=1"));
          });
      // Who has the buffer still may write.
      kept.putBytes(0, Versions.payload("kept", 1000));
      assertEquals(1000, kept.capacity());
      assertEquals("warm", found(store));
    }
  }

  private static StoreListener telling(List<String> told) {
    return new StoreListener() {
      @Override
      public void trouble(StoreTrouble trouble) {
        told.add(trouble.text());
      }
    };
  }

  private static void forget(WarmStartStore store) throws IOException {
    assertTrue(MappedFiles.isOfSegment(reserve(store, "forgotten").buffer()));
  }

  @Test
  void theBudgetMayHaveBecomeSmaller() {
    StoreOptions options = options(Durability.PROCESS_SAFE);
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      warmUp(store);
      Reservation reserved = reserve(store, "large", 2 << 20);
      try (WarmStartStore smaller =
          WarmStartStore.open(
              root, options.withSizeBudgetBytes(1 << 20).withPolicy(PolicyUse.CHANGE))) {
        assertThrows(PayloadTooLargeException.class, reserved::commit);
        assertEquals("warm", found(smaller));
      }
    }
  }

  /** One thread's reservations, committed and aborted in any order, and what must be found. */
  private static final class Worker {
    private final WarmStartStore store;
    private final Random random;
    private final int number;
    private final Map<String, String> latest = new HashMap<>();
    private int versions;

    Worker(WarmStartStore store, Random random, int number) {
      this.store = store;
      this.random = random;
      this.number = number;
    }

    private static final class Open {
      private final Reservation reservation;
      private final String run;
      private final String version;

      Open(Reservation reservation, String run, String version) {
        this.reservation = reservation;
        this.run = run;
        this.version = version;
      }
    }

    @Nullable Void run() {
      for (int round = 0; round < 60; round++) {
        List<Open> open = new ArrayList<>();
        for (int count = random.nextInt(5); count >= 0; count--) {
          String run = "w" + number + "r" + random.nextInt(3);
          String version = run + "v" + versions++;
          int length = 100 + random.nextInt(40_000);
          Reservation reservation = store.reserveOverwrite(KEY, run, length, CHECKPOINT);
          reservation.buffer().putBytes(0, Versions.payload(version, length));
          open.add(new Open(reservation, run, version));
          if (random.nextInt(3) == 0) {
            store.saveOverwrite(KEY, run, Versions.payload(version + "s", 500), CHECKPOINT);
            latest.put(run, version + "s");
          }
        }
        Collections.shuffle(open, random);
        for (Open each : open) {
          if (random.nextInt(3) == 0) {
            each.reservation.close();
          } else {
            each.reservation.commit();
            latest.put(each.run, each.version);
          }
          check(store, each.run);
        }
      }
      return null;
    }

    private void check(WarmStartStore in, String run) {
      String found =
          in.lookup(KEY, run)
              .map(
                  entry -> {
                    try (entry) {
                      return Versions.nameOf(entry);
                    }
                  })
              .orElse("none");
      assertEquals(latest.getOrDefault(run, "none"), found);
    }

    private void checkAll(WarmStartStore in) {
      latest.keySet().forEach(run -> check(in, run));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"POWER_SAFE", "PROCESS_SAFE"})
  void manyThreadsCommitInAnyOrder(Durability durability, Random random) throws Exception {
    List<Worker> workers = new ArrayList<>();
    ExecutorService threads = Executors.newFixedThreadPool(3);
    try (WarmStartStore store = open(durability)) {
      warmUp(store);
      List<Future<?>> running = new ArrayList<>();
      for (int number = 0; number < 3; number++) {
        Worker worker = new Worker(store, new Random(random.nextLong()), number);
        workers.add(worker);
        running.add(threads.submit(worker::run));
      }
      for (Future<?> each : running) {
        each.get();
      }
      try (WarmStartStore reader = openReadOnly()) {
        workers.forEach(worker -> worker.checkAll(reader));
      }
      store.flush();
      workers.forEach(worker -> worker.checkAll(store));
    } finally {
      threads.shutdownNow();
    }
    assertEquals(List.of(), segments());
    try (WarmStartStore store = open(Durability.IN_FILES)) {
      workers.forEach(worker -> worker.checkAll(store));
      assertTrue(store.verify().clean(), () -> store.verify().problems().toString());
      assertEquals(0, store.stats().count(StoreCounter.JOURNAL_FAILURES));
    }
  }
}
