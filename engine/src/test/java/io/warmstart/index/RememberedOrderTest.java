package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.format.Digest256;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a process remembers of the order of eviction, against all entries as they are recorded. */
class RememberedOrderTest {
  private static final int KEYS = 40;
  private static final int RUNS = 5;
  private static final int STEPS = 6_000;

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

  /** Two processes save, remove, touch and sweep; either looks only now and then. */
  @Test
  void theNextToGoIsTheFirstOfAll() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    long now = 1_000;
    List<Set<Long>> passedOver = List.of(new HashSet<>(), new HashSet<>());
    for (int step = 0; step < STEPS; step++) {
      int which = random.nextInt(processes.size());
      IndexModel.Member process = processes.get(which);
      Digest256 key = IndexModel.key(random.nextInt(KEYS));
      String run = "run-" + random.nextInt(RUNS);
      now += random.nextInt(3);
      switch (random.nextInt(8)) {
        // A manifest may tell of a use that lies back, as that of a foreign store does.
        case 0, 1, 2 ->
            model.publish(
                process,
                key,
                new EntryFacts(run, now - random.nextInt(200), random.nextInt(4) == 0, 100));
        case 3 -> model.remove(process, key, run);
        case 4 -> model.touch(process, key, run, now);
        case 5 -> model.count(process, key, false);
        case 6 -> {
          if (random.nextInt(40) == 0) {
            process.records.reconsider();
            passedOver.get(which).clear();
          } else if (random.nextInt(4) == 0) {
            process
                .records
                .next()
                .ifPresent(
                    entry -> {
                      process.records.passOver(entry);
                      passedOver.get(which).add(entry.number());
                    });
          }
        }
        default -> {
          NavigableSet<RecordedEntry> expected = recorded(process);
          String where = "seed " + seed + ", step " + step;
          assertEquals(expected.size(), process.records.count(), where);
          long moment = now - 100;
          List<RecordedEntry> old = new ArrayList<>(process.records.usedLastBy(moment));
          old.sort(null);
          assertEquals(
              expected.stream().filter(each -> each.lastUseNanos() <= moment).toList(), old, where);
          expected.removeIf(each -> passedOver.get(which).contains(each.number()));
          assertEquals(
              expected.isEmpty() ? null : expected.first(),
              process.records.next().orElse(null),
              where);
        }
      }
    }
  }

  @Test
  void aProcessThatSavesAtFullBudgetSeldomReadsAStripe() {
    IndexModel.Member process = processes.get(0);
    int many = 2_000;
    for (int n = 0; n < many; n++) {
      // The keys of two stripes; those of one in ever other buckets.
      Digest256 key =
          Digest256.ofWords(n, 7 + n % 2 + 512L * n, Checks.mix(n), Checks.mix(n + many));
      model.publish(process, key, new EntryFacts("run", n, false, 100));
    }
    assertTrue(process.records.next().isPresent());

    int saves = 64;
    long loads =
        loadsOf(
            process,
            () -> {
              for (int n = many; n < many + saves; n++) {
                Digest256 key =
                    Digest256.ofWords(n, 7 + n % 2 + 512L * n, Checks.mix(n), Checks.mix(n + many));
                model.publish(process, key, new EntryFacts("run", n, false, 100));
                RecordedEntry next = process.records.next().orElseThrow();
                model.remove(process, next.key(), "run");
              }
            });

    // Each stripe has a thousand entries, each of which a reading of the stripe loads.
    long each = loads / saves;
    assertTrue(each < 2_000, () -> "a save at a full budget loads " + each);
  }
}
