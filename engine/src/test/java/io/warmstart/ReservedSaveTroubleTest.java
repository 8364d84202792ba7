package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.warmstart.io.FaultyFileOps.Fault;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.PayloadTooLargeException;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.StorageFullException;
import io.warmstart.model.StoreException;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.agrona.MutableDirectBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a reservation whose segment, disk or budget is not what it was. */
class ReservedSaveTroubleTest extends ReservedSaveFixture {
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

  /** The heap may have plenty of room then: who reads the message must know what has not. */
  @Test
  void withoutRoomInTheJournalItIsSaidWhichMemoryIsLacking() {
    long length = Integer.MAX_VALUE - 8;
    assumeTrue(Runtime.getRuntime().maxMemory() < length, "it would be there");
    StoreOptions options = options(Durability.PROCESS_SAFE).withSizeBudgetBytes(8L << 30);
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      StoreException failed =
          assertThrows(
              StoreException.class,
              () -> store.reserve(Payloads.key("large"), length, EntryAttributes.checkpoint()));
      assertTrue(
          String.valueOf(failed.getMessage()).contains("-XX:MaxDirectMemorySize"),
          failed::toString);
      assertTrue(failed.getCause() instanceof OutOfMemoryError);
    }
  }
}
