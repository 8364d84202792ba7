package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.model.Backlog;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Payload;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.StoreException;
import io.warmstart.model.StoreListener;
import io.warmstart.model.StoreTrouble;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ListenerTest {
  private static final Fingerprint KEY = Payloads.key("k");

  @TempDir Path root;

  /** Writes down what it is told. */
  private static class Told implements StoreListener {
    final List<EvictionReport.Removed> removed = new CopyOnWriteArrayList<>();
    final List<String> quarantined = new CopyOnWriteArrayList<>();
    final List<StoreTrouble> troubles = new CopyOnWriteArrayList<>();
    final List<String> threads = new CopyOnWriteArrayList<>();

    @Override
    public void removed(EvictionReport.Removed entry) {
      threads.add(Thread.currentThread().getName());
      removed.add(entry);
    }

    @Override
    public void quarantined(Fingerprint key, List<Path> files, String reason) {
      files.forEach(each -> quarantined.add(key.toHex() + " " + each.getFileName() + " " + reason));
    }

    @Override
    public void trouble(StoreTrouble trouble) {
      troubles.add(trouble);
    }
  }

  private static StoreOptions options(StoreListener listener) {
    return StoreOptions.defaults().withDurability(Durability.IN_FILES).withListener(listener);
  }

  private static StoreOptions roomForOne(StoreListener listener) {
    return options(listener).withSizeBudgetBytes(1_500).withPolicy(PolicyUse.THIS_STORE_ONLY);
  }

  @Test
  void itIsToldOfEachEntryThatASweepRemoves() {
    Told told = new Told();
    try (WarmStartStore store = WarmStartStore.open(root, roomForOne(told))) {
      String first = store.save(KEY, new byte[1_000], EntryAttributes.checkpoint());
      store.save(KEY, new byte[1_001], EntryAttributes.checkpoint());

      Await.until("it is told", () -> told.removed.size() == 1);
      EvictionReport.Removed entry = told.removed.get(0);
      assertEquals(KEY, entry.key());
      assertEquals(first, entry.runId());
      assertTrue(entry.bytes() > 1_000);
      assertEquals(EvictionReport.Reason.OVER_BUDGET, entry.reason());
      assertEquals(List.of("warmstart-listeners"), told.threads);
    }
  }

  @Test
  void itIsToldWhatGoesIntoQuarantineAndWhy() throws IOException {
    Told told = new Told();
    SteppedClock clock = new SteppedClock();
    try (WarmStartStore store =
        WarmStartStore.open(
            root, options(told).withClock(clock).withForeignCheckInterval(Duration.ZERO))) {
      store.saveOverwrite(KEY, "run", new byte[100], EntryAttributes.checkpoint());
      Files.write(root.resolve(KEY.toHex()).resolve("run.bin"), new byte[90]);
      clock.advance(Duration.ofMinutes(3));

      store.evictOverflow();

      Await.until("it is told of both halves", () -> told.quarantined.size() == 2);
      String first = told.quarantined.get(0);
      assertTrue(first.startsWith(KEY.toHex() + " run."), first);
      assertTrue(first.contains("payload does not fit its manifest"), first);
    }
  }

  @Test
  void itIsToldOfFailuresThatNobodyWaitsFor() {
    Told told = new Told();
    WatchedFileOps ops = new WatchedFileOps();
    try (WarmStartStore store = WarmStartStore.open(root, options(told).withFileOps(ops))) {
      ops.watch(
          op -> {
            if (op.kind() == Kind.SYNC) {
              throw new IOException("made up");
            }
          });
      store.saveOverwriteAsync(
          KEY, "r", Payload.of(new byte[9]), EntryAttributes.checkpoint(), Backlog.KEEP_ALL);

      Await.until("it is told of both", () -> told.troubles.size() == 2);
      assertEquals(StoreTrouble.Kind.SYNC, told.troubles.get(0).kind());
      assertEquals(StoreTrouble.Kind.BACKGROUND_SAVE, told.troubles.get(1).kind());
      assertTrue(told.troubles.get(1).cause() instanceof StoreException);
      // What goes on failing is not told each time.
      assertThrows(
          StoreException.class, () -> store.save(KEY, new byte[1], EntryAttributes.checkpoint()));
      ops.rest();
    }
    assertEquals(2, told.troubles.size());
  }

  /** Under the key's lock it would wait for itself. */
  @Test
  void itMayUseTheStoreAndCloseIt() {
    AtomicReference<WarmStartStore> opened = new AtomicReference<>();
    CountDownLatch closed = new CountDownLatch(1);
    StoreListener listener =
        new StoreListener() {
          @Override
          public void removed(EvictionReport.Removed entry) {
            WarmStartStore store = Objects.requireNonNull(opened.get());
            store.saveOverwrite(entry.key(), "again", new byte[10], EntryAttributes.checkpoint());
            store.close();
            closed.countDown();
          }
        };
    WarmStartStore store = WarmStartStore.open(root, roomForOne(listener));
    opened.set(store);
    store.save(KEY, new byte[1_000], EntryAttributes.checkpoint());
    store.save(KEY, new byte[1_001], EntryAttributes.checkpoint());

    Await.until("it has closed the store", () -> closed.getCount() == 0);
    assertThrows(IllegalStateException.class, () -> store.lookup(KEY));
  }

  @Test
  void oneThatFailsOrDoesNotReturnKeepsNobodyFromAnything() throws InterruptedException {
    CountDownLatch end = new CountDownLatch(1);
    CountDownLatch began = new CountDownLatch(1);
    StoreListener stuck =
        new StoreListener() {
          @Override
          public void removed(EvictionReport.Removed entry) {
            began.countDown();
            try {
              end.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            throw new IllegalStateException("made up");
          }
        };
    Told told = new Told();
    try (WarmStartStore one = WarmStartStore.open(root, roomForOne(stuck));
        WarmStartStore other = WarmStartStore.open(root, roomForOne(told))) {
      for (int save = 0; save < 20; save++) {
        one.save(KEY, new byte[1_000 + save], EntryAttributes.checkpoint());
      }
      began.await();
      assertEquals(0, told.removed.size());
      end.countDown();
      Await.until("the other is told of all", () -> told.removed.size() == 19);
      assertEquals(one.root(), other.root());
    }
  }

  @Test
  void nothingIsToldAboutAStoreThatIsClosed() {
    Told closed = new Told();
    Told open = new Told();
    WarmStartStore.open(root, roomForOne(closed)).close();
    try (WarmStartStore store = WarmStartStore.open(root, roomForOne(open))) {
      try (WarmStartStore another = WarmStartStore.open(root, roomForOne(closed))) {
        another.stats();
      }
      store.save(KEY, new byte[1_000], EntryAttributes.checkpoint());
      store.save(KEY, new byte[1_001], EntryAttributes.checkpoint());
      Await.until("the other is told", () -> open.removed.size() == 1);
    }
    assertEquals(List.of(), closed.removed);
  }

  @Test
  void oneThatSeveralStoresHaveIsToldOnce() {
    Told told = new Told();
    Told other = new Told();
    try (WarmStartStore one = WarmStartStore.open(root, roomForOne(told));
        WarmStartStore two = WarmStartStore.open(root, roomForOne(told));
        WarmStartStore three = WarmStartStore.open(root, roomForOne(other))) {
      one.save(KEY, new byte[1_000], EntryAttributes.checkpoint());
      one.save(KEY, new byte[1_001], EntryAttributes.checkpoint());

      Await.until("the last of all is told", () -> other.removed.size() == 1);
      assertEquals(1, told.removed.size());
      assertEquals(two.root(), three.root());
    }
  }
}
