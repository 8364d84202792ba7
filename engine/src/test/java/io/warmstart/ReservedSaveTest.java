package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PayloadTooLargeException;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.ReadOnlyStoreException;
import io.warmstart.model.StoreCounter;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.agrona.MutableDirectBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Saves whose payload is written into the memory that it will lie in. */
class ReservedSaveTest extends ReservedSaveFixture {
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

  /**
   * What was saved of another run behind it seemed to be in no pair, for as long as it was open.
   */
  @Test
  void anotherRunCanBeRemovedWhileOneIsOpen() throws IOException {
    StoreOptions small =
        options(Durability.POWER_SAFE).withSizeBudgetBytes(64 << 20).withPolicy(PolicyUse.CHANGE);
    byte[] large = new byte[100_000];
    try (WarmStartStore store = WarmStartStore.open(root, small)) {
      warmUp(store);
      Reservation open = reserve(store, "open");
      assertTrue(MappedFiles.isOfSegment(open.buffer()));
      Runnable save = () -> store.saveOverwrite(OTHER, RUN, large, CHECKPOINT);
      Await.until(
          "there is another segment",
          () -> {
            save.run();
            return segments().size() > 1;
          });
      for (int count = 0; count < 11; count++) {
        // More than the first has room for.
        Journalled.until(store, save);
      }

      assertTrue(store.remove(OTHER, RUN));

      assertEquals("none", found(store, OTHER));
      open.commit();
      assertEquals("open", found(store));
    }
  }
}
