package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.table.EntryFacts;
import io.warmstart.index.table.IndexFile;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.model.Digest256;
import io.warmstart.process.StripeLocks;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process dies after each store of each operation on the index. Nobody is told of an old winner,
 * and once the next holder of the stripe has summed up and counted the dead one's key, everything
 * is as the files are, and the index goes on to be used.
 */
@Tag("slow")
@Tag("once")
class DeathAfterEveryStoreTest {
  /** One operation on a key. */
  interface Operation {
    void run(IndexModel model, IndexModel.Member process, Digest256 key);
  }

  @TempDir Path parent;
  private IndexRoot root;
  private int deaths;

  @BeforeEach
  void open() throws Exception {
    root = IndexRoot.open(parent);
  }

  @AfterEach
  void close() {
    root.close();
  }

  private static EntryFacts facts(int n) {
    return new EntryFacts(
        "run-" + n, 500, 1_000 + n * 17 % 31, n % 3 == 0, 100 + n, 0.5 * n, n % 4 == 0);
  }

  private static Map<String, Operation> operations() {
    Map<String, Operation> all = new LinkedHashMap<>();
    all.put("publish", (model, process, key) -> model.publish(process, key, facts(40)));
    all.put(
        "overwrite",
        (model, process, key) ->
            model.publish(
                process, key, new EntryFacts("run-1", 500, 5_000, false, 7, Double.NaN, false)));
    all.put("remove", (model, process, key) -> model.remove(process, key, "run-1"));
    all.put(
        "remove all",
        (model, process, key) -> {
          model.remove(process, key, "run-1");
          model.remove(process, key, "run-2");
        });
    all.put(
        "find other files",
        (model, process, key) -> {
          if (model.keys.containsKey(key)) {
            model.removeByOthers(key, "run-1");
            model.publishByOthers(key, facts(50));
            model.publishByOthers(key, facts(51));
          }
          model.count(process, key, false);
        });
    all.put("repair another's", (model, process, key) -> model.count(process, key, true));
    all.put("touch", (model, process, key) -> model.touch(process, key, "run-1", 9_000));
    all.put(
        "fill",
        (model, process, key) -> {
          try (StripeLocks.Hold hold = process.hold(key)) {
            assertTrue(hold.heldAcrossProcesses());
            process.readings.makeSlot(key);
          }
          Long changes = IndexModel.changes(process, key);
          if (changes != null) {
            IndexModel.fill(process, key, 1, changes, model.version(key));
          }
        });
    all.put(
        "settle",
        (model, process, key) -> {
          process.ledger.doubt();
          long doubt = process.ledger.scanBegins();
          model.count(process, key, false);
          process.ledger.scanEnded(doubt, 9_000, 10_000, 0);
        });
    return all;
  }

  @Test
  void onAnIndexWithFreePlaces() {
    IndexModel model = populated(6);
    IndexModel.Member process = new IndexModel.Member(root, model.memory);
    model.remove(process, IndexModel.key(4), "run-1");
    model.remove(process, IndexModel.key(4), "run-2");
    model.remove(process, IndexModel.key(0), "run-2");
    dieEverywhere(model, 0, 2, 3, 4, 9);
    assertTrue(deaths > 200, "deaths: " + deaths);
  }

  @Test
  void onAnEmptyIndex() {
    dieEverywhere(new IndexModel(new MemoryIndex()), 0);
    assertTrue(deaths > 50, "deaths: " + deaths);
  }

  @Test
  void whileTheIndexGrowsByAFile() {
    IndexModel model = populated(4);
    model
        .memory
        .file(0)
        .putLong(IndexLayout.PAGES_USED_OFFSET, IndexFile.pagesUsed(IndexLayout.FIRST_PAGES));
    dieEverywhere(model, 0, 9);
  }

  @Test
  void whileKeysTakeTheirSlotsFromMisses() {
    IndexModel model = populated(4);
    IndexModel.Member process = new IndexModel.Member(root, model.memory);
    // Room for entries, but not for slots.
    for (int n = 0; n < 2; n++) {
      for (int run = 60; run < 90; run++) {
        model.publish(process, IndexModel.key(n), facts(run));
      }
      for (int run = 60; run < 90; run++) {
        model.remove(process, IndexModel.key(n), "run-" + run);
      }
    }
    for (int n = 20; n < 60; n++) {
      try (StripeLocks.Hold hold = process.hold(IndexModel.key(n))) {
        assertTrue(hold.heldAcrossProcesses());
        process.readings.makeSlot(IndexModel.key(n));
      }
    }
    model
        .memory
        .file(0)
        .putLong(IndexLayout.PAGES_USED_OFFSET, IndexFile.pagesUsed(IndexLayout.MOST_PAGES));
    dieEverywhere(model, 2, 9);
  }

  private IndexModel populated(int keys) {
    IndexModel model = new IndexModel(new MemoryIndex());
    IndexModel.Member process = new IndexModel.Member(root, model.memory);
    for (int n = 0; n < keys; n++) {
      Digest256 key = IndexModel.key(n);
      model.publish(process, key, facts(1));
      model.publish(process, key, facts(2));
      Long changes = IndexModel.changes(process, key);
      assertTrue(changes != null);
      for (int ranking = 0; ranking < IndexLayout.WINNERS; ranking++) {
        IndexModel.fill(process, key, ranking, changes, model.version(key));
      }
    }
    // Once no slot moves any more, which would void it.
    for (int n = 0; n < keys; n += 2) {
      model.count(process, IndexModel.key(n), false);
    }
    model.assertCounted(process, "before");
    assertEquals((keys + 1) / 2, model.assertCensuses(process, "before"));
    return model;
  }

  private void dieEverywhere(IndexModel before, int... keys) {
    operations()
        .forEach(
            (name, operation) -> {
              for (int n : keys) {
                for (int stores = 0; die(before.copy(), name, operation, n, stores); stores++) {
                  deaths++;
                }
              }
            });
  }

  /** Returns false if the operation has been through before it came to that. */
  private boolean die(IndexModel model, String name, Operation operation, int n, int stores) {
    String where = name + " of key " + n + ", death after " + stores + " stores";
    Digest256 key = IndexModel.key(n);
    IndexModel.Member dying = new IndexModel.Member(root, model.memory);
    dying.life.dieAfter(stores);
    boolean dead = false;
    try {
      operation.run(model, dying, key);
    } catch (DyingProcess.Death e) {
      dead = true;
    }
    IndexModel.Member next = new IndexModel.Member(root, model.memory);
    model.assertWinners(next, where);
    if (dead) {
      model.count(next, key, true);
    }
    model.assertWinners(next, where + ", repaired");
    model.assertCounted(next, where + ", repaired");
    if (stores % 4 == 0 || !dead) {
      goOn(model, next, where);
    }
    return dead;
  }

  private static void goOn(IndexModel model, IndexModel.Member next, String where) {
    for (int n = 10; n < 20; n++) {
      for (int run = 1; run < 3; run++) {
        model.publish(next, IndexModel.key(n), facts(run));
      }
    }
    model.assertCounted(next, where + ", and later ones");
    for (int n = 10; n < 20; n += 2) {
      model.remove(next, IndexModel.key(n), "run-1");
      model.remove(next, IndexModel.key(n), "run-2");
    }
    model.assertWinners(next, where + ", and removals");
    model.assertCounted(next, where + ", and removals");
  }
}
