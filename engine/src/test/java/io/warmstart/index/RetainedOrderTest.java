package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.table.BestAndLatest;
import io.warmstart.index.table.EntryFacts;
import io.warmstart.index.table.EntryTable;
import io.warmstart.index.table.RecordedEntry;
import io.warmstart.index.table.Spared;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.model.Digest256;
import io.warmstart.testing.Rounds;
import io.warmstart.testing.Seeds;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Random;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The order of eviction where each key's best and latest entry go last. */
@ExtendWith(Seeds.class)
class RetainedOrderTest {
  private static final int STEPS = Rounds.times(3_000);
  private static final double[] OBJECTIVES = {Double.NaN, 0, 1, 1, 2, 3};

  /** The same pins always: none. */
  private static final Spared KEEPING =
      new Spared() {
        @Override
        public Object pins() {
          return this;
        }

        @Override
        public boolean isPinned(RecordedEntry entry) {
          return false;
        }

        @Override
        public boolean keepsBestAndLatest() {
          return true;
        }
      };

  @TempDir Path parent;
  private IndexRoot root;
  private IndexModel model;
  private List<IndexModel.Member> processes;

  @BeforeEach
  void open() throws IOException {
    root = IndexRoot.open(parent);
    model = new IndexModel(new MemoryIndex());
    processes =
        List.of(
            new IndexModel.Member(root, model.memory), new IndexModel.Member(root, model.memory));
  }

  @AfterEach
  void close() {
    root.close();
  }

  /**
   * The first in the order; of those that are neither the best nor the latest, if there are any.
   */
  private static @Nullable RecordedEntry first(IndexModel.Member process, boolean retained) {
    EntryTable entries = process.attached().entries();
    NavigableSet<RecordedEntry> all = new TreeSet<>();
    for (int stripe = 0; stripe < IndexLayout.STRIPES; stripe++) {
      for (RecordedEntry each : entries.entries(stripe)) {
        if (BestAndLatest.of(entries, each.key()).includes(each) == retained) {
          all.add(each);
        }
      }
    }
    return all.isEmpty() ? null : all.first();
  }

  private static @Nullable RecordedEntry assertNext(IndexModel.Member process, String where) {
    RecordedEntry expected = first(process, false);
    RecordedEntry next = process.ledger.next().orElse(null);
    assertEquals(expected, next, where);
    if (next == null) {
      next = process.ledger.nextRetained().orElse(null);
      assertEquals(first(process, true), next, where);
    }
    return next;
  }

  /** Two processes save, remove, touch and sweep; what a sweep removes changes what is kept. */
  @Test
  void theBestAndTheLatestGoLastWhicheverTheyAreByThen(Random random) {
    long now = 1_000;
    int which = 0;
    int retained = 0;
    for (int step = 0; step < STEPS; step++) {
      String where = "step " + step;
      which = random.nextInt(50) == 0 ? 1 - which : which;
      IndexModel.Member process = processes.get(which);
      Digest256 key = IndexModel.key(random.nextInt(6));
      String run = "run-" + random.nextInt(40);
      now += random.nextInt(3);
      int action = random.nextInt(100);
      if (action < 60) {
        long written = random.nextInt(3) == 0 ? now - random.nextInt(200) : now;
        model.publish(
            process,
            key,
            new EntryFacts(
                run,
                written,
                written + random.nextInt(20),
                random.nextInt(4) == 0,
                100,
                OBJECTIVES[random.nextInt(OBJECTIVES.length)],
                random.nextInt(4) == 0));
      } else if (action < 65) {
        model.remove(process, key, run);
      } else if (action < 80) {
        model.touch(process, key, run, now - random.nextInt(150));
      } else if (action < 81) {
        model.count(process, key, false);
      } else if (action < 83) {
        process.ledger.count();
      } else {
        process.ledger.reconsider(KEEPING);
        for (int evictions = random.nextInt(step % 100 == 0 ? 250 : 4); evictions > 0; ) {
          RecordedEntry next = assertNext(process, where);
          if (next == null) {
            break;
          }
          retained +=
              BestAndLatest.of(process.attached().entries(), next.key()).includes(next) ? 1 : 0;
          model.remove(process, next.key(), Objects.requireNonNull(next.runId()));
          evictions--;
          if (random.nextInt(20) == 0) {
            // Of another process, while this one sweeps.
            model.remove(processes.get(1 - which), key, run);
          }
        }
      }
    }
    assertTrue(retained > 0, "none that is kept had to go");
  }

  private void publish(
      IndexModel.Member process, String run, long written, boolean accessed, double objective) {
    model.publish(
        process,
        IndexModel.key(0),
        new EntryFacts(run, written, written, accessed, 100, objective, false));
  }

  @Test
  void oneThatAnotherProcessSavedAgainWhileItWasKeptHasItsPlaceByThatSave() {
    IndexModel.Member process = processes.get(0);
    publish(process, "best", 10, true, 0);
    publish(process, "latest", 30, true, 6);
    assertEquals("best", sweep(process).runId());

    // Now it has never been accessed, and is the worst.
    publish(processes.get(1), "other", 5, true, 8);
    publish(processes.get(1), "best", 15, false, 9);
    process.ledger.count();
    publish(process, "later", 40, false, 7);

    assertEquals("best", sweep(process).runId());
  }

  private static long loadsOf(IndexModel.Member process, Runnable action) {
    long before = process.life.loads();
    action.run();
    return process.life.loads() - before;
  }

  private void publish(IndexModel.Member process, int n, long written) {
    publish(process, "run-" + n, written, false, n);
  }

  private static RecordedEntry sweep(IndexModel.Member process) {
    process.ledger.reconsider(KEEPING);
    return process.ledger.next().or(process.ledger::nextRetained).orElseThrow();
  }

  /**
   * Each entry that was not late had all runs of its key looked at thrice: with 20,000 runs saves
   * at a full budget took up to 0.8 s, and where all have one stamp a save did not end.
   */
  @Test
  void aKeyOfManyRunsIsLookedAtOnceForAllOfThem() {
    IndexModel.Member process = processes.get(0);
    int many = 3_000;
    for (int n = 0; n < many; n++) {
      publish(process, n, 1_000);
    }

    long loads = loadsOf(process, () -> sweep(process));
    assertTrue(loads < 200L * many, () -> "a sweep loads " + loads);
    // All are the latest. A later one ends that for all but the best.
    publish(process, many, 2_000);
    long again = loadsOf(process, () -> assertEquals("run-1", sweep(process).runId()));
    assertTrue(again < 200L * many, () -> "the sweep after a later save loads " + again);
  }

  @Test
  void theKeysNextLatestDoesNotMakeItReadTheStripe() {
    IndexModel.Member process = processes.get(0);
    int many = 1_000;
    for (int n = 0; n < many; n++) {
      publish(process, n, 1_000 + n);
    }
    sweep(process);
    int saves = 64;
    long loads = 0;
    for (int n = many; n < many + saves; n++) {
      publish(process, n, 1_000 + n);
      loads += loadsOf(process, () -> sweep(process));
      RecordedEntry next = process.ledger.next().orElseThrow();
      assertEquals("run-" + (n - many + 1), next.runId());
      model.remove(process, next.key(), Objects.requireNonNull(next.runId()));
    }
    long each = loads / saves;
    // Two passes over the key's runs find its best and latest.
    assertTrue(each < 40 * many, () -> "a save at a full budget loads " + each);
  }
}
