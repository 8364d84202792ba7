package io.warmstart.save;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.Entry;
import io.warmstart.Journalled;
import io.warmstart.StoreOptions;
import io.warmstart.Versions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.Backlog;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Payload;
import io.warmstart.model.PayloadTooLargeException;
import io.warmstart.model.StorageFullException;
import io.warmstart.testing.Await;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Saves that the caller does not wait for: which are made, in which order, and how many may wait.
 */
@Timeout(60)
class AsyncSaveTest extends AsyncSaveFixture {
  private static boolean isDone(CompletionStage<String> saved) {
    return saved.toCompletableFuture().isDone();
  }

  @Test
  void whatIsHandedInIsSavedInOrder() {
    WarmStartStore store = store(Durability.POWER_SAFE);
    List<CompletionStage<String>> all = new ArrayList<>();
    for (int version = 1; version <= 300; version++) {
      all.add(hand(store, version, Backlog.KEEP_ALL));
    }
    all.forEach(each -> assertEquals(RUN, join(each)));
    assertLatest(store, 300);
    assertEquals(300, saves(store));
  }

  @Test
  void aFreshRunHasItsId() {
    WarmStartStore store = store(Durability.PROCESS_SAFE);
    String runId =
        store
            .saveAsync(key, Payload.of(new byte[10]), EntryAttributes.checkpoint())
            .toCompletableFuture()
            .join();
    try (Entry entry = store.lookup(key).orElseThrow()) {
      assertEquals(runId, entry.runId());
    }
  }

  /** One thread completed all stages, and waited for itself. */
  @Test
  void whatDependsOnASaveMayWaitForAnother() throws Exception {
    WarmStartStore store = store(Durability.PROCESS_SAFE);
    CompletionStage<Integer> both =
        hand(store, 1, Backlog.KEEP_ALL)
            .thenApply(
                first -> {
                  String second = join(hand(store, 2, Backlog.KEEP_ALL));
                  return first.length() + second.length();
                });

    assertEquals(2 * RUN.length(), both.toCompletableFuture().get());
    assertLatest(store, 2);
  }

  /** What depended on callers of one save ran on one stack: the last of them first. */
  @Test
  void whatDependsOnASaveMayWaitForWhatDependsOnTheOneWhosePlaceItHasTaken() throws Exception {
    WarmStartStore store = store(Durability.PROCESS_SAFE);
    holdUp(store);
    CompletionStage<String> replaced = hand(store, 1, Backlog.KEEP_LATEST);
    CompletionStage<String> later = hand(store, 2, Backlog.KEEP_LATEST);
    CountDownLatch heard = new CountDownLatch(1);
    CompletableFuture<Void> ofReplaced =
        replaced.thenAccept(run -> heard.countDown()).toCompletableFuture();
    CompletableFuture<Boolean> ofLater =
        later
            .thenApply(
                run -> {
                  try {
                    return heard.await(20, TimeUnit.SECONDS);
                  } catch (InterruptedException e) {
                    return false;
                  }
                })
            .toCompletableFuture();
    gate.open();
    assertTrue(ofLater.get());
    ofReplaced.get();
    assertEquals(2, saves(store));
  }

  @Test
  void theCallerMayGoOnToChangeItsBytes() throws Exception {
    WarmStartStore store = store(Durability.IN_FILES);
    holdUp(store);
    byte[] bytes = {1, 2, 3};
    CompletionStage<String> saved =
        store.saveAsync(key, Payload.of(bytes), EntryAttributes.finalResult());
    bytes[0] = 9;
    gate.open();
    join(saved);
    try (Entry entry = store.lookup(key, io.warmstart.model.Ranking.FINAL_FIRST).orElseThrow()) {
      byte[] found = new byte[3];
      entry.payload().getBytes(0, found);
      assertArrayEquals(new byte[] {1, 2, 3}, found);
    }
  }

  @Test
  void theLatestTakesThePlaceOfWhatWaits() throws Exception {
    WarmStartStore store = store(Durability.IN_FILES);
    CompletionStage<String> first = holdUp(store);
    List<CompletionStage<String>> all = new ArrayList<>();
    for (int version = 1; version <= 100; version++) {
      all.add(hand(store, version, Backlog.KEEP_LATEST));
    }
    assertFalse(isDone(first));
    gate.open();
    all.forEach(AsyncSaveFixture::join);
    assertLatest(store, 100);
    assertEquals(2, saves(store));
  }

  /** What is to be kept is not overtaken by what came later and took an earlier place. */
  @Test
  void whatIsToBeKeptIsSavedInItsTurn() throws Exception {
    WarmStartStore store = store(Durability.IN_FILES);
    holdUp(store);
    hand(store, 1, Backlog.KEEP_LATEST);
    hand(store, 2, Backlog.KEEP_ALL);
    CompletionStage<String> last = hand(store, 3, Backlog.KEEP_LATEST);
    gate.open();
    join(last);
    assertLatest(store, 3);
    assertEquals(4, saves(store));
  }

  @Test
  void whatWaitsTogetherSharesASync() throws Exception {
    WarmStartStore store = store(Durability.POWER_SAFE);
    Journalled.until(store, () -> join(hand(store, 1, Backlog.KEEP_ALL)));
    holdUp(store);
    int before = gate.syncsOfSegments.get();
    List<CompletionStage<String>> all = new ArrayList<>();
    for (int version = 1; version <= 50; version++) {
      all.add(hand(store, version, Backlog.KEEP_ALL));
    }
    gate.open();
    all.forEach(AsyncSaveFixture::join);
    assertEquals(1, gate.syncsOfSegments.get() - before);
    assertLatest(store, 50);
  }

  @Test
  void noMoreWaitsThanTheBound() throws Exception {
    WarmStartStore store = store(Durability.IN_FILES);
    holdUp(store);
    int length = 1 << 20;
    AtomicInteger handedIn = new AtomicInteger();
    int bound = (int) (AsyncSaves.MOST_WAITING_BYTES / length);
    Thread caller =
        new Thread(
            () -> {
              for (int each = 0; each < bound + 2; each++) {
                store.saveAsync(key, Payload.of(new byte[length]), EntryAttributes.checkpoint());
                handedIn.incrementAndGet();
              }
            });
    caller.start();
    Await.until("the caller waits", () -> caller.getState() == Thread.State.WAITING);
    assertEquals(bound, handedIn.get());
    gate.open();
    caller.join(30_000);
    assertEquals(bound + 2, handedIn.get());
    store.flush();
    assertEquals(bound + 3, saves(store));
  }

  @Test
  void whatFailsIsToldAndKeepsNobodyElseFromBeingSaved() throws Exception {
    WarmStartStore store = store(Durability.IN_FILES);
    holdUp(store);
    gate.failing = "bad~";
    CompletionStage<String> bad =
        store.saveOverwriteAsync(
            key, "bad", Payload.of(new byte[10]), EntryAttributes.checkpoint(), Backlog.KEEP_ALL);
    CompletionStage<String> good = hand(store, 1, Backlog.KEEP_ALL);
    gate.open();
    CompletionException failure = assertThrows(CompletionException.class, () -> join(bad));
    assertInstanceOf(StorageFullException.class, failure.getCause());
    assertEquals(RUN, join(good));
    assertLatest(store, 1);
  }

  @Test
  void whatCanNeverBeSavedIsRefusedAtOnce() {
    StoreOptions small = StoreOptions.defaults().withSizeBudgetBytes(10_000);
    try (WarmStartStore store = WarmStartStore.open(root, small)) {
      Payload large = Payload.of(new byte[20_000]);
      assertThrows(
          PayloadTooLargeException.class,
          () -> store.saveAsync(key, large, EntryAttributes.checkpoint()));
      assertThrows(IllegalArgumentException.class, () -> handWrongId(store));
    }
  }

  private void handWrongId(WarmStartStore store) {
    store.saveOverwriteAsync(
        key, "no/id", Payload.of(new byte[1]), EntryAttributes.checkpoint(), Backlog.KEEP_ALL);
  }

  /** A version that goes into files after all gets a later stamp than what came after it. */
  @Test
  void aVersionThatTheJournalCannotSyncDoesNotReplaceALaterOne() throws Exception {
    WarmStartStore store = store(Durability.POWER_SAFE);
    Journalled.until(store, () -> join(hand(store, 1, Backlog.KEEP_ALL)));
    CompletionStage<String> held = holdUp(store);
    CompletionStage<String> first = hand(store, 2, Backlog.KEEP_ALL);
    CompletionStage<String> second =
        store.saveOverwriteAsync(
            key,
            RUN,
            Payload.of(Versions.payload("v3", 5 << 20)),
            EntryAttributes.checkpoint().withIteration(3),
            Backlog.KEEP_ALL);
    gate.failingSyncs = true;
    gate.open();
    join(held);
    join(first);
    join(second);
    assertLatest(store, 3);
  }

  /** A later version stands for it, if a power cut does not take that one either. */
  @Test
  void aPowerSafeVersionGivesWayToADurableOneAlone() throws Exception {
    WarmStartStore store = store(Durability.POWER_SAFE);
    Journalled.until(store, () -> join(hand(store, 1, Backlog.KEEP_ALL)));
    try (WarmStartStore processSafe =
        WarmStartStore.open(root, store.options().withDurability(Durability.PROCESS_SAFE))) {
      store.flush();
      holdUp(store);
      CompletionStage<String> first = hand(store, 2, Backlog.KEEP_ALL);
      hand(processSafe, 3, Backlog.KEEP_ALL);
      gate.failingPairs = true;
      gate.failingSyncs = true;
      gate.open();
      join(first);
      assertEquals(
          "v3",
          Versions.nameOf(Files.readAllBytes(root.resolve(key.toHex()).resolve(RUN + ".bin"))));
      assertLatest(store, 3);
      gate.failingPairs = false;
    }
  }

  @Test
  void whatTakesThePlaceOfASmallerOneWaitsForRoomToo() throws Exception {
    WarmStartStore store = store(Durability.IN_FILES);
    holdUp(store);
    int runs = 20;
    for (int run = 0; run < runs; run++) {
      handRun(store, run, 10);
    }
    AtomicInteger handedIn = new AtomicInteger();
    int length = 8 << 20;
    Thread caller =
        new Thread(
            () -> {
              for (int run = 0; run < runs; run++) {
                handRun(store, run, length);
                handedIn.incrementAndGet();
              }
            });
    caller.start();
    Await.until("the caller waits", () -> caller.getState() == Thread.State.WAITING);
    assertTrue(handedIn.get() <= AsyncSaves.MOST_WAITING_BYTES / length);
    gate.open();
    caller.join(120_000);
    assertEquals(runs, handedIn.get());
  }

  /** Who waited for room was told when a save was taken, and not of this. */
  @Test
  void whatASmallerOneLeavesIsRoomForOthers() throws Exception {
    WarmStartStore store = store(Durability.IN_FILES);
    CompletionStage<String> heldUp = holdUp(store);
    handRun(store, 0, 40 << 20);
    handRun(store, 1, 20 << 20);
    Thread caller = new Thread(() -> handRun(store, 2, 20 << 20));
    caller.start();
    Await.until("the caller waits", () -> caller.getState() == Thread.State.WAITING);
    handRun(store, 0, 10);
    caller.join(30_000);
    assertFalse(caller.isAlive());
    assertFalse(isDone(heldUp));
    gate.open();
  }

  /** It was taken for {@link Backlog#KEEP_ALL}. */
  @Test
  @SuppressWarnings("NullAway")
  void whatBecomesOfTheVersionBeforeMustBeSaid() {
    WarmStartStore store = store(Durability.PROCESS_SAFE);
    assertThrows(NullPointerException.class, () -> hand(store, 1, null));
    store.flush();
    assertEquals(0, saves(store));
  }

  private void handRun(WarmStartStore store, int run, int length) {
    store.saveOverwriteAsync(
        key,
        "run" + run,
        Payload.of(new byte[length]),
        EntryAttributes.checkpoint(),
        Backlog.KEEP_LATEST);
  }
}
