package io.warmstart.payload;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Holds at most one lease on a payload. Taking and ending allocate nothing. Any thread may end it;
 * one at a time may take.
 */
public final class PayloadLease {
  private final AtomicReference<@Nullable CachedPayload> held = new AtomicReference<>();
  private int cell;

  /**
   * Takes a lease; what was held before must have been ended.
   *
   * @return false if the payload is on its way out
   */
  public boolean take(CachedPayload payload) {
    int taken = payload.lease();
    if (taken < 0) {
      return false;
    }
    cell = taken;
    // Release is enough: whoever ends the lease was handed this object by the thread that takes it.
    held.setRelease(payload);
    return true;
  }

  /** What is held; null if nothing. */
  public @Nullable CachedPayload held() {
    return held.get();
  }

  /**
   * Ends the lease, if there is one.
   *
   * @return whether there was
   */
  public boolean end() {
    CachedPayload payload = held.getAndSet(null);
    if (payload == null) {
      return false;
    }
    payload.giveBack(cell);
    return true;
  }
}
