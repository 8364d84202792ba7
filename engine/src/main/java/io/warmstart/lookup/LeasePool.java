package io.warmstart.lookup;

import io.warmstart.policy.Pins;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The leases of a store that nobody holds. An entry that is made for one lookup takes one and gives
 * it back when it is closed: so it costs the heap no more than itself and its view, and no registry
 * learns of it.
 *
 * <p>Each thread has a few places on a cache line of its own, or shares them with few others. A
 * lease that is given where there is no room is ended for good. What lies here when the store is
 * forgotten goes with it.
 *
 * <p>Safe for all threads.
 */
public final class LeasePool {
  private static final int STRIPES = 32;

  /** A cache line of references. */
  private static final int STRIDE = 16;

  private static final int PLACES = 8;

  private final AtomicReferenceArray<@Nullable EntryLease> idle =
      new AtomicReferenceArray<>(STRIPES * STRIDE);
  private final Consumer<EntryLease> giving = this::give;
  private final Pins pins;

  /**
   * Makes an empty pool.
   *
   * @param pins the store's
   */
  public LeasePool(Pins pins) {
    this.pins = pins;
  }

  /** A lease that nobody else has. */
  public EntryLease take() {
    int first = first();
    for (int place = first; place < first + PLACES; place++) {
      if (idle.getOpaque(place) != null) {
        EntryLease lease = idle.getAndSet(place, null);
        if (lease != null) {
          return lease;
        }
      }
    }
    EntryLease made = new EntryLease(giving);
    made.reuse(pins);
    return made;
  }

  /** Takes back a lease that has ended. */
  public void give(EntryLease lease) {
    int first = first();
    for (int place = first; place < first + PLACES; place++) {
      if (idle.getOpaque(place) == null && idle.compareAndSet(place, null, lease)) {
        return;
      }
    }
    lease.discard();
  }

  private static int first() {
    return ((int) Thread.currentThread().getId() & (STRIPES - 1)) * STRIDE;
  }
}
