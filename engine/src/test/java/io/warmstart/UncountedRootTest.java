package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.StoreCounter;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A save to a root that takes long to count. */
@Tag("slow")
@Tag("once")
@Timeout(60)
class UncountedRootTest {
  private static final int OLD_ENTRIES = 3;
  private static final int PAYLOAD_BYTES = 4000;

  @TempDir Path root;
  private final CountDownLatch came = new CountDownLatch(1);
  private final CountDownLatch letThrough = new CountDownLatch(1);
  private final WatchedFileOps ops = new WatchedFileOps();
  private final StoreOptions options =
      StoreOptions.defaults().withDurability(Durability.IN_FILES).withFileOps(ops);

  /** When the store has begun to close, in most runs; in the others the background does it. */
  private void letThroughSoon() {
    CompletableFuture.delayedExecutor(300, TimeUnit.MILLISECONDS).execute(letThrough::countDown);
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(30, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** At a million entries the first save into files waited for 49 seconds. */
  @Test
  void aSaveDoesNotWaitForTheCountAndTheBudgetIsKeptAfterIt() throws Exception {
    long budget = saveOldOnes() - PAYLOAD_BYTES;
    try (WarmStartStore store = openBeingCounted(budget)) {
      save(store, "new");
      save(store, "newer");

      assertTrue(store.recorded().isEmpty());
      assertEquals(0, store.stats().count(StoreCounter.EVICTED));
      letThrough.countDown();
      awaitWithin(budget, store);
      store.lookup(Payloads.key("newer")).orElseThrow().close();
    }
  }

  /** Some roots see none but processes that save once and end. */
  @Test
  void theLastProcessCountsItAtItsEnd() throws Exception {
    long budget = saveOldOnes() - PAYLOAD_BYTES;
    try (WarmStartStore store = openBeingCounted(budget)) {
      save(store, "new");
      letThroughSoon();
    }
    assertTrue(RootFiles.read(root).bytes <= budget);
  }

  /**
   * The root was found within its budget by the sweep of the background, which had begun with what
   * nobody had looked up yet: the entry that was the reason for it.
   */
  @Test
  void whatWasSavedMeanwhileIsSpared() throws Exception {
    long budget = saveOldOnes() - PAYLOAD_BYTES;
    try (WarmStartStore store = openBeingCounted(budget)) {
      save(store, "new");

      letThrough.countDown();
      awaitWithin(budget, store);
      store.lookup(Payloads.key("new")).orElseThrow().close();
    }
  }

  /**
   * The background went by the root's policy, of which such a store says that it is not its own.
   */
  @Test
  void theBudgetOfOneStoreAloneIsKeptToo() throws Exception {
    long budget = saveOldOnes() - PAYLOAD_BYTES;
    StoreOptions ofOne = options.withPolicy(PolicyUse.THIS_STORE_ONLY);
    try (WarmStartStore store = openBeingCounted(ofOne.withSizeBudgetBytes(budget))) {
      save(store, "new");

      letThrough.countDown();
      awaitWithin(budget, store);
    }
  }

  /** The other one knew nothing of what was left, and has saved nothing itself. */
  @Test
  void whatAnotherProcessHasCountedIsSweptAtTheEnd() throws Exception {
    long budget = saveOldOnes() - PAYLOAD_BYTES;
    WarmStartStore store = openBeingCounted(budget);
    save(store, "new");
    try (ForkedJvm other =
        ForkedJvm.start(SavingProcess.class, "save", root.toString(), "other", "0")) {
      other.awaitLine("ready");
      Await.until("the other has counted it", () -> store.stats().bytes().isPresent());

      letThroughSoon();
      store.close();
      assertTrue(RootFiles.read(root).bytes <= budget);
    }
  }

  /** A root that was being counted at its end kept all others of the JVM from being opened. */
  @Test
  @Timeout(28)
  void whoOpensAnotherRootMeanwhileDoesNotWait(@TempDir Path another) throws Exception {
    WarmStartStore store = openBeingCounted(saveOldOnes() - PAYLOAD_BYTES);
    save(store, "new");
    Thread closer = new Thread(store::close);
    closer.start();
    Await.until("it is closing", () -> closer.getState() == Thread.State.TIMED_WAITING);

    WarmStartStore.open(another).close();

    letThrough.countDown();
    closer.join();
  }

  /** Who closed the last store evicted from another root, which had been given the name. */
  @Test
  void anotherRootOfThatNameIsLeftAlone(@TempDir Path elsewhere) throws Exception {
    long bytes = saveOldOnes();
    StoreOptions ofOne = options.withPolicy(PolicyUse.THIS_STORE_ONLY);
    WarmStartStore store = openBeingCounted(ofOne.withSizeBudgetBytes(bytes - PAYLOAD_BYTES));
    save(store, "new");
    Files.move(root, elsewhere.resolve("moved"));
    Files.createDirectory(root);
    try (WarmStartStore other = WarmStartStore.open(root, StoreOptions.defaults())) {
      for (int i = 0; i < 2 * OLD_ENTRIES; i++) {
        save(other, "of another " + i);
      }
    }
    long ofOther = RootFiles.read(root).bytes;

    letThroughSoon();
    store.close();

    assertEquals(ofOther, RootFiles.read(root).bytes);
  }

  /** An interrupted thread kept a processor busy for as long as it waited. */
  @Test
  void anInterruptedThreadWaitsAsAnyOther() throws Exception {
    long budget = saveOldOnes() - PAYLOAD_BYTES;
    try (WarmStartStore store = openBeingCounted(budget)) {
      ThreadMXBean threads = ManagementFactory.getThreadMXBean();
      long[] busy = new long[1];
      boolean[] stays = new boolean[1];
      Thread saver =
          new Thread(
              () -> {
                Thread.currentThread().interrupt();
                long before = threads.getCurrentThreadCpuTime();
                save(store, "new");
                busy[0] = threads.getCurrentThreadCpuTime() - before;
                stays[0] = Thread.interrupted();
              });
      saver.start();
      saver.join();
      letThrough.countDown();

      assertTrue(stays[0]);
      assertTrue(busy[0] < TimeUnit.MILLISECONDS.toNanos(500), () -> "nanoseconds: " + busy[0]);
    }
  }

  private static void awaitWithin(long budget, WarmStartStore store) {
    Await.until(
        "the root is within its budget",
        () -> store.stats().bytes().orElse(Long.MAX_VALUE) <= budget);
  }

  private WarmStartStore openBeingCounted(long budget) {
    return openBeingCounted(options.withSizeBudgetBytes(budget));
  }

  private WarmStartStore openBeingCounted(StoreOptions all) {
    ops.watch(
        op -> {
          boolean ofOld = op.path().endsWith(Payloads.key("old 0").toHex());
          if (ofOld && op.kind() == Kind.CHANGED) {
            came.countDown();
            await(letThrough);
          }
        });
    WarmStartStore store = WarmStartStore.open(root, all);
    await(came);
    return store;
  }

  /** Saves what will be over the budget; returns its bytes. */
  private long saveOldOnes() throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      for (int i = 0; i < OLD_ENTRIES; i++) {
        save(store, "old " + i);
        store.lookup(Payloads.key("old " + i)).orElseThrow().close();
      }
    }
    Files.delete(root.resolve(".warmstart/index"));
    return RootFiles.read(root).bytes;
  }

  private static void save(WarmStartStore store, String name) {
    store.saveOverwrite(
        Payloads.key(name), "r", new byte[PAYLOAD_BYTES], EntryAttributes.checkpoint());
  }
}
