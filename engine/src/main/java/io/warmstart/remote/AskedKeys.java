package io.warmstart.remote;

import io.warmstart.model.Digest256;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * When the remote was last asked for each key and had nothing that is not here: a miss is not to
 * ask again so soon. It forgets all of them when they become too many. Safe for all threads.
 */
final class AskedKeys {
  private static final int MOST_KEYS = 1 << 16;

  private final long intervalNanos;
  private final LongSupplier clock;
  private final Map<Digest256, Long> askedAt = new ConcurrentHashMap<>();

  /**
   * Remembers nothing yet.
   *
   * @param intervalNanos how long it is good
   * @param clock nanoseconds since any moment. A miss that is remembered costs no more than asking
   *     it, so it need not be exact; and it may be set, for then each key is asked for once more
   */
  AskedKeys(long intervalNanos, LongSupplier clock) {
    this.intervalNanos = intervalNanos;
    this.clock = clock;
  }

  boolean isDue(Digest256 key) {
    Long last = askedAt.get(key);
    if (last == null) {
      return true;
    }
    long age = clock.getAsLong() - last;
    return age < 0 || age >= intervalNanos;
  }

  void asked(Digest256 key) {
    if (askedAt.size() >= MOST_KEYS) {
      askedAt.clear();
    }
    askedAt.put(key, clock.getAsLong());
  }
}
