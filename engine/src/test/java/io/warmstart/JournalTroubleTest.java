package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.FaultyFileOps.Fault;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.StorageFullException;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreException;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Saves into a journal whose disk, segments or root are not what they were. */
@Tag("slow")
class JournalTroubleTest extends JournalledSaveFixture {
  @Test
  void aFailedSyncIsNotTriedAgainAndTheSaveGoesIntoFiles() throws IOException {
    try (WarmStartStore store = openFaulty()) {
      warmUp(store);
      save(store, "before");
      ops.onlyAt(op -> op.kind() == Kind.SYNC && op.path().toString().contains("segment-"));
      ops.arm(Fault.EIO, false, 0, root);
      save(store, "new");
      ops.disarm();

      assertTrue(ops.failed() != null);
      assertEquals("new", found(store));
      assertEquals("new", pair());
      assertEquals(1, store.stats().count(StoreCounter.SYNC_FAILURES));
      save(store, "next");
      assertEquals("next", found(store));
      store.flush();
      assertEquals("next", pair());
      // Another segment takes it.
      Journalled.until(store, () -> save(store, "last"));
      assertEquals("last", found(store));
    }
    assertEquals("last", pair());
    assertEquals(List.of(), segments());
  }

  @Test
  void pairsThatCannotBeMadeStayInTheJournal() throws IOException {
    try (WarmStartStore store = openFaulty()) {
      warmUp(store);
      ops.onlyAt(op -> op.kind() == Kind.CREATE);
      ops.arm(Fault.ENOSPC, true, 0, root);
      save(store, "new");
      StorageFullException full = assertThrows(StorageFullException.class, store::flush);
      assertTrue(
          String.valueOf(full.getMessage()).startsWith("what was saved could not be made"),
          full::toString);

      assertEquals("new", found(store));
      assertEquals("warm", pair());
      ops.disarm();
      store.flush();
      assertEquals("new", pair());
    }
  }

  @Test
  void aStoreThatIsClosedOnAFullDiskLeavesItsSavesToTheNext() throws IOException {
    try (WarmStartStore store = openFaulty()) {
      warmUp(store);
      ops.onlyAt(op -> op.kind() == Kind.CREATE);
      ops.arm(Fault.ENOSPC, true, 0, root);
      save(store, "new");
    }
    ops.disarm();
    assertEquals("warm", pair());
    assertEquals(1, segments().size());
    try (WarmStartStore store = open(Durability.IN_FILES)) {
      assertEquals("new", found(store));
      Await.until("the pair is in place", () -> pairIs("new"));
      Await.until("the segment is gone", () -> segments().isEmpty());
      assertEquals("new", found(store));
    }
  }

  @Test
  void aSegmentThatSomebodyRemovesBecomesPairs() throws IOException {
    try (WarmStartStore store = open(Durability.PROCESS_SAFE)) {
      warmUp(store);
      save(store, "new");
      for (Path segment : segments()) {
        Files.delete(segment);
      }
      Await.until("the pair is in place", () -> pairIs("new"));
      assertEquals("new", found(store));
      // Another segment takes it.
      Journalled.until(store, () -> save(store, "last"));
      assertEquals("last", found(store));
    }
    assertEquals("last", pair());
  }

  @Test
  void anInterruptedThreadSaves() throws IOException {
    try (WarmStartStore store = open(Durability.POWER_SAFE)) {
      warmUp(store);
      long before = Journalled.count(store);
      for (int length : new int[] {1000, 1 << 20}) {
        Thread.currentThread().interrupt();
        save(store, "v" + length, length);
        assertTrue(Thread.interrupted());
        assertEquals("v" + length, found(store));
      }
      assertEquals(before + 2, Journalled.count(store));
    }
  }

  @Test
  void aPayloadThatThrowsLeavesNothing() {
    try (WarmStartStore store = open(Durability.PROCESS_SAFE)) {
      warmUp(store);
      save(store, "before");
      var shrunk = net.openhft.chronicle.bytes.Bytes.allocateElasticOnHeap(100);
      shrunk.write(new byte[100]);
      var payload = io.warmstart.model.Payload.of(shrunk);
      shrunk.clear();
      assertThrows(
          RuntimeException.class,
          () -> store.saveOverwrite(KEY, RUN, payload, EntryAttributes.checkpoint()));

      assertEquals("before", found(store));
      save(store, "after");
      assertEquals("after", found(store));
      store.flush();
      assertEquals("after", found(store));
    }
  }

  @Test
  void aRootThatIsGoneTakesNoSaves(@TempDir Path elsewhere) throws IOException {
    Path moved = elsewhere.resolve("moved");
    Path inner = Files.createDirectory(root.resolve("inner"));
    try (WarmStartStore store = WarmStartStore.open(inner, options(Durability.PROCESS_SAFE))) {
      warmUp(store);
      save(store, "before");
      Files.move(inner, moved);
      Await.until(
          "saves are refused",
          () -> {
            try {
              save(store, "lost");
              return false;
            } catch (StoreException e) {
              return true;
            }
          });
      Files.move(moved, inner);
      Await.until(
          "saves are taken",
          () -> {
            try {
              save(store, "after");
              return true;
            } catch (StoreException e) {
              return false;
            }
          });
      assertEquals("after", found(store));
    }
    try (WarmStartStore store = WarmStartStore.open(inner)) {
      assertEquals("after", found(store));
    }
  }
}
