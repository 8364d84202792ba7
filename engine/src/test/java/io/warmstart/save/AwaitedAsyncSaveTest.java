package io.warmstart.save;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.Backlog;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Payload;
import io.warmstart.model.StoreListener;
import io.warmstart.model.StoreTrouble;
import io.warmstart.runtime.CallbackRelay;
import io.warmstart.runtime.Uninterrupted;
import io.warmstart.testing.Await;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Who waits for saves in the background after all: flush, close, and what depends on their stages.
 */
@Timeout(60)
class AwaitedAsyncSaveTest extends AsyncSaveFixture {
  @Test
  void flushAndCloseWaitForWhatWasHandedIn() {
    WarmStartStore store = store(Durability.PROCESS_SAFE);
    List<CompletionStage<String>> all = new ArrayList<>();
    for (int version = 1; version <= 50; version++) {
      all.add(hand(store, version, Backlog.KEEP_ALL));
    }
    store.flush();
    assertEquals(50, saves(store));
    all.forEach(AsyncSaveFixture::join);
    CompletionStage<String> last = hand(store, 51, Backlog.KEEP_ALL);
    store.close();
    join(last);
    try (WarmStartStore again = store(Durability.POWER_SAFE)) {
      assertLatest(again, 51);
    }
  }

  @Test
  void aStoreThatIsClosedBesideAnotherHasSavedWhatWasHandedIn() throws Exception {
    WarmStartStore store = store(Durability.IN_FILES);
    try (WarmStartStore other = WarmStartStore.open(root, store.options())) {
      CompletionStage<String> saved = holdUp(store);
      Thread closing = new Thread(store::close);
      closing.start();
      closing.join(100);
      gate.open();
      closing.join(30_000);
      assertLatest(other, 0);
      join(saved);
    }
  }

  @Test
  void whatDependsOnASaveMayFlushAndClose() throws Exception {
    WarmStartStore store = store(Durability.IN_FILES);
    CompletionStage<String> first = holdUp(store);
    CompletionStage<Void> after =
        first.thenRun(
            () -> {
              hand(store, 1, Backlog.KEEP_ALL);
              store.flush();
              assertEquals(2, saves(store));
              store.close();
            });
    gate.open();
    after.toCompletableFuture().join();
  }

  /** The closing thread keeps all others from opening and closing stores. */
  @Test
  void whatDependsOnASaveMayOpenAStoreWhileAnotherIsBeingClosed(@TempDir Path elsewhere)
      throws Exception {
    WarmStartStore store = store(Durability.IN_FILES);
    CountDownLatch begun = new CountDownLatch(1);
    CompletionStage<Void> after =
        holdUp(store)
            .thenRun(
                () -> {
                  begun.countDown();
                  Await.until("it closes", () -> isClosed(store));
                  WarmStartStore.open(elsewhere).close();
                });
    gate.open();
    assertTrue(begun.await(30, TimeUnit.SECONDS));
    store.close();
    after.toCompletableFuture().join();
  }

  /** With all threads in what waits, no stage completed any more, for good, and nobody heard. */
  @Test
  @Tag("once")
  void whatWaitsOnAllThreadsIsToldAndSaved() throws Exception {
    List<StoreTrouble> troubles = new CopyOnWriteArrayList<>();
    StoreListener listener =
        new StoreListener() {
          @Override
          public void trouble(StoreTrouble trouble) {
            troubles.add(trouble);
          }
        };
    CountDownLatch released = new CountDownLatch(1);
    try (WarmStartStore store =
        WarmStartStore.open(root, StoreOptions.defaults().withListener(listener))) {
      List<CompletableFuture<Void>> all = new ArrayList<>();
      for (int each = 0; each < CallbackRelay.MOST_THREADS + 6; each++) {
        all.add(
            store
                .saveAsync(key, Payload.of(new byte[1]), EntryAttributes.checkpoint())
                .thenRun(() -> Uninterrupted.await(() -> awaited(released)))
                .toCompletableFuture());
      }
      store.flush();
      assertEquals(all.size(), saves(store), "saved all the same");
      Await.until("it is told", () -> !troubles.isEmpty());
      assertEquals(StoreTrouble.Kind.STAGES, troubles.get(0).kind());
      assertTrue(all.stream().noneMatch(CompletableFuture::isDone));

      released.countDown();

      all.forEach(CompletableFuture::join);
      assertEquals(1, troubles.size(), troubles::toString);
    }
  }

  /** Each waited for a stage whose turn was behind all of them. */
  @Test
  void moreThanThereAreThreadsForMayEachWaitForAnotherSave() throws Exception {
    WarmStartStore store = store(Durability.PROCESS_SAFE);
    List<CompletableFuture<Void>> all = new ArrayList<>();
    CountDownLatch onAllThreads = new CountDownLatch(CallbackRelay.MOST_THREADS);
    for (int each = 0; each < CallbackRelay.MOST_THREADS + 6; each++) {
      int number = each;
      all.add(
          hand(store, number, Backlog.KEEP_ALL)
              .thenRun(
                  () -> {
                    onAllThreads.countDown();
                    Uninterrupted.await(() -> awaited(onAllThreads));
                    CompletableFuture<String> next =
                        hand(store, 1000 + number, Backlog.KEEP_ALL).toCompletableFuture();
                    try {
                      assertEquals(RUN, number % 2 == 0 ? next.join() : next.get());
                      assertEquals(RUN, next.get(1, TimeUnit.MINUTES));
                    } catch (Exception e) {
                      throw new AssertionError(e);
                    }
                  })
              .toCompletableFuture());
    }
    CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(40, TimeUnit.SECONDS);
    store.flush();
    assertEquals(2L * all.size(), saves(store));
  }

  private static boolean awaited(CountDownLatch latch) throws InterruptedException {
    latch.await();
    return true;
  }

  private boolean isClosed(WarmStartStore store) {
    try {
      store.policy();
      return false;
    } catch (IllegalStateException e) {
      return true;
    }
  }

  @Test
  void whatDependsOnASaveMayHandInTheNextOneForEver() {
    WarmStartStore store = store(Durability.PROCESS_SAFE);
    AtomicInteger left = new AtomicInteger(3000);
    CompletableFuture<Void> done = new CompletableFuture<>();
    goOn(store, left, done);
    done.join();
    store.flush();
    assertEquals(3001, saves(store));
  }

  private void goOn(WarmStartStore store, AtomicInteger left, CompletableFuture<Void> done) {
    hand(store, left.get(), Backlog.KEEP_ALL)
        .whenComplete(
            (runId, failure) -> {
              if (failure != null) {
                done.completeExceptionally(failure);
              } else if (left.getAndDecrement() == 0) {
                done.complete(null);
              } else {
                goOn(store, left, done);
              }
            });
  }
}
