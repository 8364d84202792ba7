package io.warmstart.save;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.WarmStartStore;
import io.warmstart.model.Backlog;
import io.warmstart.model.Durability;
import io.warmstart.testing.Await;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
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
