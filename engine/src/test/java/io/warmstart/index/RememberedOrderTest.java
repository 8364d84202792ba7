package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
        process.ledger.reconsider("no pins");
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

  /** The first thousand in the order are spared: each sweep would judge them all again. */
  @Test
  void soDoesOneThatSparesMany() {
    IndexModel.Member process = processes.get(0);
    int many = 2_000;
    for (int n = 0; n < many; n++) {
      publish(process, n);
    }
    process.ledger.reconsider("pins");
    for (int n = 0; n < many / 2; n++) {
      process.ledger.spare(process.ledger.next().orElseThrow(), n % 2 == 0);
    }

    int saves = 64;
    long loads =
        loadsOf(
            process,
            () -> {
              for (int n = many; n < many + saves; n++) {
                publish(process, n);
                process.ledger.reconsider("pins");
                RecordedEntry next = process.ledger.next().orElseThrow();
                assertEquals(keyOfTwoStripes(n - many / 2), next.key());
                model.remove(process, next.key(), "run");
              }
            });

    long each = loads / saves;
    // To pass over one that is left out costs more than to pass over one that comes later.
    assertTrue(each < 4_000, () -> "a save at a full budget loads " + each);
    assertEquals(keyOfTwoStripes(0), process.ledger.nextRetained().orElseThrow().key());
    // One that gets another version is to be judged again; so are all, once another process has
    // changed their stripe, and for another reason.
    publish(process, 4);
    process.ledger.reconsider("pins");
    List<Digest256> again = nextOnes(process, 2_000 + saves);
    assertTrue(again.contains(keyOfTwoStripes(4)));
    assertFalse(again.contains(keyOfTwoStripes(6)));
    process.ledger.reconsider("pins");
    publish(processes.get(1), 8);
    process.ledger.reconsider("pins");
    again = nextOnes(process, 2_000 + saves);
    assertTrue(again.contains(keyOfTwoStripes(6)));
    assertFalse(again.contains(keyOfTwoStripes(7)));
    process.ledger.reconsider("other pins");
    assertTrue(nextOnes(process, 2_000 + saves).contains(keyOfTwoStripes(7)));
  }

  @Test
  void nothingIsRememberedOfASparedOneThatIsGone() {
    IndexModel.Member process = processes.get(0);
    process.ledger.reconsider("pins");
    for (int n = 0; n < 200; n++) {
      publish(process, n);
      RecordedEntry spared = process.ledger.next().orElseThrow();
      process.ledger.spare(spared, true);
      assertEquals(spared, process.ledger.nextRetained().orElseThrow());
      model.remove(process, spared.key(), "run");
      assertTrue(process.ledger.next().isEmpty());
    }
    assertEquals(0, process.attached().order().leftOut());
  }

  /** The keys of all that comes in the order; left out from then on. */
  private static List<Digest256> nextOnes(IndexModel.Member process, int most) {
    List<Digest256> keys = new ArrayList<>();
    for (int n = 0; n < most; n++) {
      RecordedEntry next = process.ledger.next().orElse(null);
      if (next == null) {
        break;
      }
      keys.add(next.key());
      process.ledger.passOver(next);
    }
    return keys;
  }
}
