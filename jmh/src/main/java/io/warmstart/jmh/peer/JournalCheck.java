package io.warmstart.jmh.peer;

import io.warmstart.WarmStartStore;
import io.warmstart.jmh.workload.Key;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreStats;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Proves that the saves of a store went into the journal. What the journal does not take goes into
 * files, which is no failure and takes many times as long: a row of such saves would be that of
 * another durability under this one's name.
 */
final class JournalCheck {
  /** Some may go into files: while the next segment is made, or a process warms up. */
  private static final double LEAST_SHARE = 0.95;

  /** Under which nothing is measured. */
  private static final Key WARMING = Key.of(-1);

  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private final WarmStartStore store;
  private final Counted before;

  /** What all processes on the root have saved so far. */
  private record Counted(long saves, long journalled) {
    static Counted of(WarmStartStore store) {
      StoreStats stats = store.stats();
      return new Counted(stats.count(StoreCounter.SAVES), stats.count(StoreCounter.JOURNALLED));
    }
  }

  private JournalCheck(WarmStartStore store) {
    this.store = store;
    this.before = Counted.of(store);
  }

  /** Saves until the journal takes it: its first segment is made in the background. */
  static JournalCheck begin(WarmStartStore store, Durability durability) {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    long first = Counted.of(store).journalled();
    do {
      if (System.nanoTime() - deadline > 0) {
        throw new IllegalStateException("the journal takes no saves: durability=" + durability);
      }
      LockSupport.parkNanos(PAUSE_NANOS);
      store.saveOverwrite(
          WARMING.fingerprint(), "warming", new byte[1], EntryAttributes.checkpoint());
    } while (Counted.of(store).journalled() == first);
    return new JournalCheck(store);
  }

  /**
   * Fails unless nearly all saves since the beginning went into the journal.
   *
   * @param firstOnes how many of them may have gone into files, as the first of their runs
   */
  void requireJournalled(int firstOnes) {
    Counted now = Counted.of(store);
    long saves = Math.max(0, now.saves() - before.saves() - firstOnes);
    long journalled = now.journalled() - before.journalled();
    if (journalled < LEAST_SHARE * saves) {
      throw new IllegalStateException(
          "saves that went into files instead of the journal: "
              + (saves - journalled)
              + " of "
              + saves);
    }
  }
}
