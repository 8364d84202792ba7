package io.warmstart.recover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.Entry;
import io.warmstart.OldEnough;
import io.warmstart.Payloads;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.index.IndexPatch;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.model.VerifyReport;
import io.warmstart.ranking.Rankings;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A root whose index knows all entries, and a verification of it. */
public abstract class CheckedIndex {
  public static final StoreOptions ALONE =
      StoreOptions.defaults().withForeignCheckInterval(Duration.ofDays(100 * 365));

  public static final Fingerprint KEY = Payloads.key("first");
  public static final Fingerprint OTHER = Payloads.key("second");
  public static final Fingerprint NOWHERE = Payloads.key("nowhere");
  public static final List<Ranking> RANKINGS = List.of(Ranking.values());
  public static final int MOST_ATTEMPTS = 20;
  @TempDir Path parent;
  public Path root;

  @BeforeEach
  void makeRoot() throws IOException {
    root = Files.createDirectory(parent.resolve("root")).toRealPath();
  }

  IndexPatch index() throws IOException {
    return IndexPatch.of(root.resolve(".warmstart"));
  }

  static VerifyReport verify(WarmStartStore store, boolean repair) {
    return repair ? store.repair() : store.verify();
  }

  static void save(WarmStartStore store, Fingerprint key, String runId, double objective) {
    store.saveOverwrite(
        key, runId, new byte[100], EntryAttributes.checkpoint().withObjective(objective));
  }

  /** Two keys with two entries each, all counted; the winners of the first in the index. */
  void populate(WarmStartStore store) throws IOException {
    for (Fingerprint key : List.of(KEY, OTHER)) {
      save(store, key, "r1", 1);
      save(store, key, "r2", 2);
    }
    OldEnough.await(root.resolve(KEY.toHex()));
    store.lookup(KEY).ifPresent(Entry::close);
    store.flush();
    store.evictOverflow();
    awaitWinners(store);
    assertEquals(List.of(), verify(store, false).problems());
  }

  /** On a busy machine a stripe cannot always be taken at once, and then nothing is stored. */
  void awaitWinners(WarmStartStore store) throws IOException {
    OldEnough.await(root.resolve(KEY.toHex()));
    OldEnough.await(root);
    voidWinners();
    Await.until(
        "the winners are stored",
        () -> {
          boolean all = true;
          for (Ranking ranking : RANKINGS) {
            store.lookup(KEY, ranking).ifPresent(Entry::close);
            assertTrue(store.lookup(NOWHERE, ranking).isEmpty());
          }
          for (Ranking ranking : RANKINGS) {
            all &= index().hasWinner(KEY.digest(), Rankings.index(ranking));
            all &= index().hasWinner(NOWHERE.digest(), Rankings.index(ranking));
          }
          if (!all) {
            voidWinners();
          }
          return all;
        });
  }

  /**
   * One that was read when the directory was young, before an access stamp was written, or while
   * the census was provisional, stays until somebody looks.
   */
  private void voidWinners() throws IOException {
    index().voidWinners(KEY.digest());
    index().voidWinners(NOWHERE.digest());
  }
}
