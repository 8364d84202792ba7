package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.table.EntryFacts;
import io.warmstart.index.table.RecordedEntry;
import io.warmstart.index.table.Spared;
import io.warmstart.mapped.Checksums;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.model.Digest256;
import io.warmstart.testing.Rounds;
import io.warmstart.testing.Seeds;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What a process remembers of the order of eviction, against all entries as they are recorded. */
@ExtendWith(Seeds.class)
class RememberedOrderTest {
  private static final int KEYS = 60;
  private static final int RUNS = 8;
  private static final int STEPS = Rounds.times(3_000);

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

  private static NavigableSet<RecordedEntry> recorded(IndexModel.Member process) {
    NavigableSet<RecordedEntry> all = new TreeSet<>();
    for (int stripe = 0; stripe < IndexLayout.STRIPES; stripe++) {
      all.addAll(process.attached().entries().entries(stripe));
    }
    return all;
  }

  private static long loadsOf(IndexModel.Member process, Runnable action) {
    long before = process.life.loads();
    action.run();
    return process.life.loads() - before;
  }

  private void assertOrder(IndexModel.Member process, Set<Long> passedOver, String where) {
    NavigableSet<RecordedEntry> expected = recorded(process);
    assertEquals(expected.size(), process.ledger.count(), where);
    expected.removeIf(each -> passedOver.contains(each.id()));
    assertEquals(
        expected.isEmpty() ? null : expected.first(), process.ledger.next().orElse(null), where);
  }

  /** Two processes save, remove, touch and sweep; either looks only now and then. */
  @Test
  void theNextToGoIsTheFirstOfAll(Random random) {
    long now = 1_000;
    List<Set<Long>> passedOver = List.of(new HashSet<>(), new HashSet<>());
    int which = 0;
    for (int step = 0; step < STEPS; step++) {
      String where = "step " + step;
      // In long turns: what another process changes makes this one read the stripe again.
      which = random.nextInt(100) == 0 ? 1 - which : which;
      IndexModel.Member process = processes.get(which);
      Digest256 key = IndexModel.key(random.nextInt(KEYS));
      String run = "run-" + random.nextInt(RUNS);
      now += random.nextInt(3);
      int action = random.nextInt(100);
      if (action < 60) {
        // A manifest may tell of a use that lies back, as that of a foreign store does.
        long use = now - random.nextInt(200);
        model.publish(
            process,
            key,
            new EntryFacts(run, 500, use, random.nextBoolean(), 100, Double.NaN, false));
      } else if (action < 65) {
        model.remove(process, key, run);
      } else if (action < 85) {
        model.touch(process, key, run, now - random.nextInt(150));
      } else if (action < 86) {
        model.count(process, key, false);
      } else if (action < 87) {
        for (int evictions = random.nextInt(80); evictions > 0; evictions--) {
          assertOrder(process, passedOver.get(which), where);
          RecordedEntry next = process.ledger.next().orElse(null);
          if (next != null) {
            model.remove(process, next.key(), Objects.requireNonNull(next.runId()));
          }
        }
      } else if (action < 88) {
        process.ledger.reconsider(Spared.NONE);
        passedOver.get(which).clear();
      } else if (action < 92) {
        RecordedEntry next = process.ledger.next().orElse(null);
        if (next != null) {
          process.ledger.passOver(next);
          passedOver.get(which).add(next.id());
        }
      } else if (action < 96) {
        long moment = now - 100;
        List<RecordedEntry> old = new ArrayList<>(process.ledger.usedLastBy(moment));
        old.sort(null);
        assertEquals(
            recorded(process).stream().filter(each -> each.lastUseNanos() <= moment).toList(),
            old,
            where);
      } else {
        assertOrder(process, passedOver.get(which), where);
      }
    }
  }

  @Test
  void oneThatWasUsedSinceItWasRememberedComesLaterButBeforeThoseUsedAfterIt() {
    IndexModel.Member process = processes.get(0);
    Digest256 key = IndexModel.key(0);
    for (int n = 0; n < 40; n++) {
      model.publish(
          process,
          key,
          new EntryFacts("run-" + n, 500, 1_000 + 10 * n, true, 100, Double.NaN, false));
    }
    assertEquals("run-0", process.ledger.next().orElseThrow().runId());

    model.touch(process, key, "run-0", 1_015);

    List<String> order = new ArrayList<>();
    for (int n = 0; n < 4; n++) {
      String run = Objects.requireNonNull(process.ledger.next().orElseThrow().runId());
      order.add(run);
      model.remove(process, key, run);
    }
    assertEquals(List.of("run-1", "run-0", "run-2", "run-3"), order);
  }

  private static Digest256 keyOfTwoStripes(int n) {
    // In ever other buckets.
    return Digest256.ofWords(n, 7 + n % 2 + 512L * n, Checksums.mix(n), Checksums.mix(n + 2_000));
  }

  private void publish(IndexModel.Member process, int n) {
    model.publish(
        process, keyOfTwoStripes(n), new EntryFacts("run", 500, n, false, 100, Double.NaN, false));
  }

  @Test
  void aProcessThatSavesAtFullBudgetSeldomReadsAStripe() {
    IndexModel.Member process = processes.get(0);
    int many = 2_000;
    for (int n = 0; n < many; n++) {
      publish(process, n);
    }
    assertTrue(process.ledger.next().isPresent());

    int saves = 64;
    long loads =
        loadsOf(
            process,
            () -> {
              for (int n = many; n < many + saves; n++) {
                publish(process, n);
                RecordedEntry next = process.ledger.next().orElseThrow();
                model.remove(process, next.key(), "run");
              }
            });

    // Each stripe has a thousand entries, each of which a reading of the stripe loads.
    long each = loads / saves;
    assertTrue(each < 2_000, () -> "a save at a full budget loads " + each);
  }

  /** Those whose numbers are below one are pinned. */
  private static Spared pinned(int below, boolean keeping) {
    return new Spared() {
      @Override
      public Object pins() {
        return below;
      }

      @Override
      public boolean isPinned(RecordedEntry entry) {
        return entry.lastUseNanos() < below;
      }

      @Override
      public boolean keepsBestAndLatest() {
        return keeping;
      }
    };
  }

  /** The first thousand in the order are pinned: each sweep would look at them all again. */
  @Test
  void soDoesOneThatSparesMany() {
    IndexModel.Member process = processes.get(0);
    int many = 2_000;
    for (int n = 0; n < many; n++) {
      publish(process, n);
    }
    Spared half = pinned(many / 2, false);
    long first =
        loadsOf(
            process,
            () -> {
              process.ledger.reconsider(half);
              assertEquals(keyOfTwoStripes(many / 2), process.ledger.next().orElseThrow().key());
            });
    // One pass over each stripe, in which each entry is looked at once.
    assertTrue(first < 200_000, () -> "the first sweep loads " + first);

    int saves = 64;
    long loads =
        loadsOf(
            process,
            () -> {
              for (int n = many; n < many + saves; n++) {
                publish(process, n);
                process.ledger.reconsider(half);
                RecordedEntry next = process.ledger.next().orElseThrow();
                assertEquals(keyOfTwoStripes(n - many / 2), next.key());
                model.remove(process, next.key(), "run");
              }
            });

    long each = loads / saves;
    // To pass over one that is left out costs more than to pass over one that comes later.
    assertTrue(each < 4_000, () -> "a save at a full budget loads " + each);
    // Those that are pinned no more come back, and no others; a new pin counts at once.
    process.ledger.reconsider(pinned(10, false));
    assertEquals(keyOfTwoStripes(10), process.ledger.next().orElseThrow().key());
    process.ledger.reconsider(pinned(20, false));
    assertEquals(keyOfTwoStripes(20), process.ledger.next().orElseThrow().key());
  }

  @Test
  void keptOnesGoLastUntilTheyAreNoMoreTheBestOrTheLatest() {
    IndexModel.Member process = processes.get(0);
    Digest256 key = IndexModel.key(0);
    model.publish(process, key, new EntryFacts("a", 10, 10, false, 100, 1, false));
    model.publish(process, key, new EntryFacts("b", 20, 20, false, 100, 2, false));
    model.publish(process, key, new EntryFacts("c", 30, 30, false, 100, 3, false));
    process.ledger.reconsider(pinned(0, true));
    assertEquals("b", process.ledger.next().orElseThrow().runId());
    model.remove(process, key, "b");
    assertTrue(process.ledger.next().isEmpty());
    assertEquals("a", process.ledger.nextRetained().orElseThrow().runId());

    // Of the process itself, then of another.
    model.publish(process, key, new EntryFacts("d", 40, 40, false, 100, 0, false));
    process.ledger.reconsider(pinned(0, true));
    assertEquals(List.of("a", "c"), nextRuns(process));
    model.publish(processes.get(1), key, new EntryFacts("e", 50, 50, false, 100, -1, false));
    process.ledger.reconsider(pinned(0, true));
    assertEquals(List.of("a", "c", "d"), nextRuns(process));
    assertEquals("e", process.ledger.nextRetained().orElseThrow().runId());
    // What is used meanwhile comes later among them too.
    model.publish(process, IndexModel.key(1), new EntryFacts("f", 60, 60, false, 100, 0, false));
    model.touch(process, key, "e", 70);
    process.ledger.reconsider(pinned(0, true));
    nextRuns(process);
    assertEquals("f", process.ledger.nextRetained().orElseThrow().runId());
    process.ledger.reconsider(pinned(65, true));
    nextRuns(process);
    assertEquals("e", process.ledger.nextRetained().orElseThrow().runId());
  }

  private static List<String> nextRuns(IndexModel.Member process) {
    List<String> runs = new ArrayList<>();
    for (RecordedEntry next = process.ledger.next().orElse(null);
        next != null;
        next = process.ledger.next().orElse(null)) {
      runs.add(Objects.requireNonNull(next.runId()));
      process.ledger.passOver(next);
    }
    return runs;
  }

  @Test
  void nothingIsRememberedOfASparedOneThatIsGone() {
    IndexModel.Member process = processes.get(0);
    for (int n = 0; n < 200; n++) {
      publish(process, n);
      process.ledger.reconsider(pinned(0, true));
      assertTrue(process.ledger.next().isEmpty());
      RecordedEntry spared = process.ledger.nextRetained().orElseThrow();
      model.remove(process, spared.key(), "run");
      assertTrue(process.ledger.nextRetained().isEmpty());
    }
    assertTrue(process.ledger.next().isEmpty());
    assertEquals(0, process.attached().order().leftOut());
  }
}
