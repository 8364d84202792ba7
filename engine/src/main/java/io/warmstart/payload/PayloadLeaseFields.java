package io.warmstart.payload;

import org.jspecify.annotations.Nullable;

/** What a {@link PayloadLease} consists of, between its paddings. */
abstract class PayloadLeaseFields extends CacheLinePadding {
  /** A {@link CachedPayload}; as an object, since to prove that costs a look at it. */
  volatile @Nullable Object held;

  @Nullable Leases registered;

  /** Where {@link Leases} has it; under its monitor. */
  int place;
}
