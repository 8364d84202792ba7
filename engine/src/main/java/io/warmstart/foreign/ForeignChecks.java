package io.warmstart.foreign;

import java.util.Collection;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The intervals of the stores of one root that are open in this process: the background goes by the
 * shortest.
 *
 * <p>Safe for all threads.
 */
public final class ForeignChecks {
  private final ForeignTouches foreignTouches;
  private final Collection<ForeignCheck> open = new ConcurrentLinkedQueue<>();

  public ForeignChecks(ForeignTouches foreignTouches) {
    this.foreignTouches = foreignTouches;
  }

  /** A store is open that looks so seldom for what others do to the files. */
  public void add(ForeignCheck foreignCheck) {
    open.add(foreignCheck);
  }

  /** Such a store is closed. */
  public void remove(ForeignCheck foreignCheck) {
    open.remove(foreignCheck);
  }

  /** As often as the store that looks most often. */
  public long nanos() {
    return open.stream().mapToLong(ForeignCheck::nanos).min().orElse(Long.MAX_VALUE);
  }

  /** How old a look in the background may be, by those stores that have it look there. */
  public long lookNanos() {
    boolean near = foreignTouches.haveLeftSigns();
    return open.stream()
        .filter(ForeignCheck::watches)
        .mapToLong(each -> each.lookNanos(near))
        .min()
        .orElse(Long.MAX_VALUE);
  }
}
