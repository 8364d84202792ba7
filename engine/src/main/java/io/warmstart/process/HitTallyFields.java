package io.warmstart.process;

import io.warmstart.payload.CacheLinePadding;

/** What a {@link HitTally} consists of, between its paddings. */
abstract class HitTallyFields extends CacheLinePadding {
  long sum;
}
