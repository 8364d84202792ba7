package io.warmstart;

import io.warmstart.model.StoreCounter;
import io.warmstart.testing.Await;

/** Saves that are to lie in the journal: no save waits for a segment to be made. */
public final class Journalled {
  private Journalled() {}

  /** How many saves on the root went into the journal. */
  public static long count(WarmStartStore store) {
    return store.stats().count(StoreCounter.JOURNALLED);
  }

  /** Saves again and again, until the journal takes it. */
  public static void until(WarmStartStore store, Runnable save) {
    Await.until(
        "a save is journalled",
        () -> {
          long before = count(store);
          save.run();
          return count(store) > before;
        });
  }
}
