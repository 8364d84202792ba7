package io.warmstart.payload;

import org.jspecify.annotations.Nullable;

/** What a {@link PayloadLease} consists of, between its paddings. */
abstract class PayloadLeaseFields extends CacheLinePadding {
  volatile @Nullable CachedPayload held;
  @Nullable Leases registered;
  boolean kept;

  /** Where the registry has it; under its monitor. */
  int place;
}
