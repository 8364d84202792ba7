package io.warmstart.model;

import java.nio.file.Path;
import java.util.List;

/**
 * Is told what this process does to entries by itself, and what goes wrong where no caller waits
 * for it, or concerns more than that one. What other processes do, they tell their own listeners;
 * {@link StoreStats} counts all of it.
 *
 * <p><b>Threads:</b> one thread of the root's, which does nothing else, calls all listeners in
 * turn, after the fact and in order. So a listener may take its time, use the store and close it;
 * it cannot stop anything. 1,024 calls wait at most; what comes on top is dropped, and the log says
 * so. Nothing is called once the store is closed that the listener was given to. What a listener
 * throws is logged.
 */
public interface StoreListener {
  /**
   * A sweep has removed an entry.
   *
   * @param entry which, and why
   */
  default void removed(EvictionReport.Removed entry) {}

  /**
   * Files under a key were proven broken, and moved into quarantine, from where {@code restore}
   * brings back what is whole.
   *
   * @param key the key
   * @param files where they were
   * @param reason one line with what was expected and what was found
   */
  default void quarantined(Fingerprint key, List<Path> files, String reason) {}

  /**
   * Something has gone wrong. The log says the same, no more often.
   *
   * @param trouble what, and because of what
   */
  default void trouble(StoreTrouble trouble) {}
}
