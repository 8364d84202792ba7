package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.mapped.ControlLayout;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.RootInspection;
import io.warmstart.model.StoreCounter;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A lookup that must list a key with many runs, while processes of ours save under it: each listing
 * was disturbed, so that it told the index nothing, and the next lookup listed as well. With ten
 * thousand runs lookups took a second, one after the other, until nothing was saved.
 */
class ManyRunsBesideSavesTest {
  /** More than are listed under the key's lock. */
  private static final int RUNS = 300;

  private static final Fingerprint KEY = Payloads.key("many runs beside saves");

  @TempDir Path parent;
  private Path root;
  private Path directory;
  private Path workshop;
  private final Disturbed ops = new Disturbed();

  @BeforeEach
  void makeRoot() throws IOException {
    root = Files.createDirectory(parent.resolve("root"));
    directory = root.resolve(KEY.toHex());
    workshop = parent.resolve("workshop");
  }

  /**
   * Counts the manifests that one thread looks at, or all do, and lets others act once in the
   * middle.
   */
  private static final class Disturbed extends ObservedFileOps {
    private @Nullable Thread watched;
    private volatile boolean everybody;
    private volatile @Nullable Runnable meanwhile;
    private final AtomicInteger manifests = new AtomicInteger();
    private final AtomicInteger inBackground = new AtomicInteger();

    Disturbed() {
      super(new NioFileOps());
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      boolean look = op.path().toString().endsWith(".json") && op.kind() == Kind.STAT;
      if (look && Thread.currentThread().getName().equals("warmstart-agent")) {
        inBackground.incrementAndGet();
      }
      if (everybody || Thread.currentThread() == watched) {
        int seen = look ? manifests.incrementAndGet() : manifests.get();
        Runnable action = meanwhile;
        if (action != null && seen > RUNS / 2) {
          meanwhile = null;
          CompletableFuture.runAsync(action).join();
        }
      }
      return whole.run();
    }
  }

  private WarmStartStore open(Duration foreignCheckInterval) {
    return WarmStartStore.open(
        root,
        StoreOptions.defaults()
            .withDurability(Durability.IN_FILES)
            .withForeignCheckInterval(foreignCheckInterval)
            .withFileOps(ops));
  }

  private static void save(WarmStartStore store, String run, double objective) {
    store.saveOverwrite(
        KEY,
        run,
        Versions.payload(run, 200),
        EntryAttributes.checkpoint().withObjective(objective));
  }

  private static void saveMany(WarmStartStore store) {
    for (int run = 0; run < RUNS; run++) {
      save(store, "run-" + run, 10 + run);
    }
    Await.until("the root is counted", () -> store.recorded().isPresent());
  }

  /** The run of the best entry, by a lookup in the midst of which others do something. */
  private String bestMeanwhile(WarmStartStore store, @Nullable Runnable meanwhile) {
    ops.manifests.set(0);
    ops.meanwhile = meanwhile;
    ops.watched = Thread.currentThread();
    try (Entry entry = store.lookup(KEY).orElseThrow()) {
      return entry.runId();
    } finally {
      ops.watched = null;
    }
  }

  /** As programs do it that know no index. */
  private void moveIn(String run, double objective) throws IOException {
    try (WarmStartStore other = WarmStartStore.open(workshop)) {
      save(other, run, objective);
      other.flush();
    }
    for (String suffix : List.of(".bin", ".json")) {
      Files.move(
          workshop.resolve(KEY.toHex()).resolve(run + suffix),
          directory.resolve(run + suffix),
          StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private void takeAway(String run) throws IOException {
    Files.delete(directory.resolve(run + ".json"));
    Files.delete(directory.resolve(run + ".bin"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT0S", "PT0.01S"})
  void oneListingTellsOfAllThatOthersHaveDone(Duration interval) throws IOException {
    try (WarmStartStore store = open(interval)) {
      saveMany(store);
      assertEquals("run-0", bestMeanwhile(store, null));
      OldEnough.await(directory);
      moveIn("foreign", 5);
      moveIn("run-2", 6);
      takeAway("run-0");
      takeAway("run-" + (RUNS - 1));

      String best =
          bestMeanwhile(
              store,
              () -> {
                save(store, "ours", 4);
                save(store, "run-3", 4.5);
                assertTrue(store.remove(KEY, "run-4"));
                assertTrue(store.remove(KEY, "run-" + (RUNS - 2)));
              });

      assertEquals("ours", best);
      assertTrue(ops.manifests.get() < RUNS + RUNS / 2, "manifests looked at: " + ops.manifests);
      assertTrue(store.remove(KEY, "ours"));
      for (String next : List.of("run-3", "foreign", "run-2", "run-1", "run-5")) {
        assertEquals(next, bestMeanwhile(store, null));
        assertTrue(store.remove(KEY, next));
      }
      assertEquals(RUNS - 4 + 2 - 1 - 5, store.inspect().entries());
      assertTrue(store.verify().clean());
    }
  }

  /** The next lookup would have to list all runs: while the key is looked up, it is done before. */
  @Test
  void whatIsLookedUpIsListedInTheBackgroundBeforeItIsTooOld() throws IOException {
    try (WarmStartStore store = open(Duration.ofSeconds(4))) {
      saveMany(store);
      assertEquals("run-0", bestMeanwhile(store, null));
      // From now on nothing tells of what others do but a listing.
      save(store, "ours", 5);
      moveIn("foreign", 4);
      ops.inBackground.set(0);
      // No scan is due before that.
      long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
      while (ops.inBackground.get() < RUNS && System.nanoTime() < deadline) {
        bestMeanwhile(store, null);
        save(store, "ours", 5);
      }
      assertTrue(ops.inBackground.get() >= RUNS, "runs looked at: " + ops.inBackground);
      Await.answer("foreign", () -> bestMeanwhile(store, null));
    }
  }

  /** A scan read all manifests under the key's lock: each minute saves waited for a second. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aScanHoldsTheLockForWhatHasChangedAlone(boolean first) throws IOException {
    try (WarmStartStore store = open(Duration.ZERO)) {
      saveMany(store);
      moveIn("foreign", 5);
      moveIn("run-2", 6);
      takeAway("run-0");
      if (first) {
        // Of what is in the root nobody knows anything.
        Files.delete(root.resolve(".warmstart").resolve("index"));
      }
      ops.meanwhile =
          () -> {
            save(store, "ours", 4);
            save(store, "run-3", 4.5);
            assertTrue(store.remove(KEY, "run-4"));
            assertTrue(store.remove(KEY, "run-" + (RUNS - 2)));
          };
      ops.manifests.set(0);
      ops.everybody = true;
      store.evictOverflow();
      ops.everybody = false;

      assertNull(ops.meanwhile, "the scan was not looked on at");
      assertEquals(0, store.stats().count(StoreCounter.LOCK_TIMEOUTS));
      RootInspection inspected = store.inspect();
      Await.answer(Optional.of(inspected), store::recorded);
      assertEquals(RUNS - 1 + 2 - 2, inspected.entries());
      for (String next : List.of("ours", "run-3", "foreign", "run-2", "run-1", "run-5")) {
        assertEquals(next, bestMeanwhile(store, null));
        assertTrue(store.remove(KEY, next));
      }
      assertTrue(store.verify().clean());
    }
  }

  /** Of what a holder of the key's lock has done that died, the index was not told. */
  @Test
  void aScanFindsWhatOneHasPublishedThatDiedWhileItLooked() throws IOException {
    try (WarmStartStore store = open(Duration.ofDays(1));
        WarmStartStore sweeping = open(Duration.ZERO)) {
      saveMany(store);
      assertEquals("run-0", bestMeanwhile(store, null));
      // Else the sweep has no reason to read it.
      save(store, "ours", 4);
      ops.meanwhile =
          () -> {
            try {
              moveIn("a-dead-one", 3);
              intendAndDie();
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          };
      ops.manifests.set(0);
      ops.everybody = true;
      sweeping.evictOverflow();
      ops.everybody = false;

      assertNull(ops.meanwhile, "the scan was not looked on at");
      assertEquals("a-dead-one", bestMeanwhile(store, null));
    }
  }

  /** What the coordination file says of the key's stripe once its holder was killed. */
  private void intendAndDie() throws IOException {
    int stripe = ControlLayout.stripeOffset(ControlLayout.stripeOf(KEY.digest()));
    try (FileChannel file =
        FileChannel.open(
            root.resolve(".warmstart").resolve("coordination"), StandardOpenOption.WRITE)) {
      ByteBuffer atWork = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder());
      file.write(atWork.putLong(1).flip(), stripe + ControlLayout.STATE_OFFSET);
    }
  }
}
