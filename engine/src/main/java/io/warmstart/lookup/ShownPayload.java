package io.warmstart.lookup;

import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** The buffer that callers get: a caller that still has it keeps the lease from being reclaimed. */
class ShownPayload extends UnsafeBuffer {
  private @Nullable Object keeper;

  /**
   * Makes one that shows nothing yet.
   *
   * @param keeper is not forgotten as long as this is not
   */
  ShownPayload(Object keeper) {
    super(0, 0);
    this.keeper = keeper;
  }

  /** Its lease has gone to somebody else. */
  void letGo() {
    keeper = null;
  }

  boolean isKeptBy(@Nullable Object other) {
    return keeper == other;
  }
}
