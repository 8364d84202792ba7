package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.table.EntryFacts;
import io.warmstart.index.table.IndexFile;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.model.Digest256;
import io.warmstart.process.StripeLocks;
import io.warmstart.testing.Rounds;
import io.warmstart.testing.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A random history of several processes, which die in the middle of things, beside maps that say
 * what is right. Winners are filled late, by what was read before others changed the key.
 */
@ExtendWith(Seeds.class)
class IndexTablesModelTest {
  private static final int KEYS = 16;
  private static final int STEPS = Rounds.times(1500);

  /** A look at a key's files, which comes to be stored some time later. */
  private record Look(Digest256 key, int ranking, long changes, long version) {}

  @TempDir java.nio.file.Path parent;

  @Test
  void afterEveryStepTheTablesAreAsTheFiles(Random random) throws Exception {
    int deaths = 0;
    try (IndexRoot root = IndexRoot.open(parent)) {
      IndexModel model = new IndexModel(new MemoryIndex());
      List<IndexModel.Member> processes = new ArrayList<>();
      List<Look> looks = new ArrayList<>();
      for (int step = 0; step < STEPS; step++) {
        String where = "step " + step;
        while (processes.size() < 3) {
          processes.add(new IndexModel.Member(root, model.memory));
        }
        int which = random.nextInt(processes.size());
        IndexModel.Member process = processes.get(which);
        process.life.dieAfter(random.nextInt(4) == 0 ? random.nextInt(30) : Long.MAX_VALUE);
        Digest256 key = IndexModel.key(random.nextInt(KEYS));
        try {
          act(model, process, key, looks, random);
          process.life.dieAfter(Long.MAX_VALUE);
        } catch (DyingProcess.Death e) {
          deaths++;
          processes.remove(which);
          IndexModel.Member next = new IndexModel.Member(root, model.memory);
          model.assertWinners(next, where + ", dead");
          model.count(next, key, true);
        }
        IndexModel.Member reader = processes.isEmpty() ? process : processes.get(0);
        model.assertWinners(reader, where);
        model.assertCounted(reader, where);
      }
    }
    assertTrue(deaths > STEPS / 20, "deaths: " + deaths);
  }

  /** A key that has no slot cannot be told of changes: its old slot must not know it again. */
  @Test
  void slotsThatComeRoundRememberNothing() throws Exception {
    Random random = new Random(5);
    try (IndexRoot root = IndexRoot.open(parent)) {
      IndexModel model = new IndexModel(new MemoryIndex());
      IndexModel.Member process = new IndexModel.Member(root, model.memory);
      for (int step = 0; step < 2000; step++) {
        // Twelve keys of one stripe.
        Digest256 key = IndexModel.key(2 * random.nextInt(12));
        try (StripeLocks.Hold hold = process.hold(key)) {
          assertTrue(hold.heldAcrossProcesses());
          process.readings.makeSlot(key);
        }
        // One page, of four slots.
        model
            .memory
            .file(0)
            .putLong(IndexLayout.PAGES_USED_OFFSET, IndexFile.pagesUsed(IndexLayout.MOST_PAGES));
        Long changes = IndexModel.changes(process, key);
        if (changes != null && random.nextInt(3) == 0) {
          IndexModel.fill(process, key, 0, changes, model.version(key));
        }
        model.change(process, IndexModel.key(2 * random.nextInt(12)));
        model.assertWinners(process, "step " + step);
      }
    }
  }

  private static void act(
      IndexModel model, IndexModel.Member process, Digest256 key, List<Look> looks, Random random) {
    String run = "run-" + random.nextInt(5);
    long moment = random.nextInt(1000);
    switch (random.nextInt(10)) {
      // Whatever is published has some bytes, if only those of its manifest.
      case 0, 1, 2 ->
          model.publish(
              process,
              key,
              new EntryFacts(
                  run,
                  500,
                  moment,
                  random.nextBoolean(),
                  1 + random.nextInt(100),
                  random.nextInt(5),
                  random.nextBoolean()));
      case 3 -> {
        if (random.nextInt(10) == 0) {
          model.publishByOthers(
              key, new EntryFacts(run, 400, moment, false, 1 + random.nextInt(100), 1, false));
          model.count(process, key, false);
        } else {
          model.remove(process, key, run);
        }
      }
      case 4 -> model.count(process, key, false);
      case 5 -> model.touch(process, key, run, moment);
      case 6 -> {
        try (StripeLocks.Hold hold = process.hold(key)) {
          assertTrue(hold.heldAcrossProcesses());
          process.readings.makeSlot(key);
        }
      }
      case 7, 8 -> {
        Long changes = IndexModel.changes(process, key);
        if (changes != null) {
          looks.add(new Look(key, random.nextInt(3), changes, model.version(key)));
        }
      }
      default -> {
        if (!looks.isEmpty()) {
          Look look = looks.remove(random.nextInt(looks.size()));
          IndexModel.fill(process, look.key(), look.ranking(), look.changes(), look.version());
        }
      }
    }
  }
}
