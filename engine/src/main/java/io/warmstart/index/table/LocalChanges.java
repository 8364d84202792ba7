package io.warmstart.index.table;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What this process has changed of the entries of stripes since its last sweep, so that the next
 * one need not read those stripes again. A change that is left out costs just that. Safe for all
 * threads; adding one waits for nobody.
 */
public final class LocalChanges {
  private static final int MOST = 1024;

  /**
   * One change.
   *
   * @param changes the stripe's count of changes after it
   * @param more how many entries more the stripe has
   * @param id of the entry that was changed
   * @param entry what is recorded of it now; null if nothing
   */
  record Change(int stripe, long changes, int more, long id, @Nullable RecordedEntry entry) {}

  private final Queue<Change> queue = new ConcurrentLinkedQueue<>();
  private final AtomicInteger size = new AtomicInteger();
  private volatile boolean wanted;

  /** From now on somebody asks. */
  void want() {
    wanted = true;
  }

  /** Whether to add at all. */
  boolean wanted() {
    return wanted && size.get() < MOST;
  }

  void add(Change change) {
    size.incrementAndGet();
    queue.add(change);
  }

  /** The oldest that has not been asked for; null if there is none. */
  @Nullable Change poll() {
    Change change = queue.poll();
    if (change != null) {
      size.decrementAndGet();
    }
    return change;
  }
}
