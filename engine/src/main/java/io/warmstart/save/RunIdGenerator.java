package io.warmstart.save;

import io.warmstart.text.HexDigits;
import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Makes fresh run ids: {@code r}, 16 hex digits of nanoseconds since 1970, {@code -}, 16 hex digits
 * that are this generator's own.
 *
 * <p>Sorting the ids as text sorts them by time. Within a generator they strictly increase, also
 * when the clock stands still or steps back: then the last id's time is counted on. Generators, in
 * whatever process or machine, differ by 64 random bits. So two equal ids would need the same
 * nanosecond and the same bits.
 *
 * <p><b>Threads:</b> safe for all. <b>Blocks:</b> never, except that the first generator of a
 * process may wait for the system's entropy.
 */
public final class RunIdGenerator {
  private final LongSupplier unixNanos;
  private final String suffix;

  /** The time in the last id, unsigned: its successor must be greater whatever the clock says. */
  private final AtomicLong lastUnixNanos = new AtomicLong();

  /**
   * Creates a generator with random bits of its own.
   *
   * @param unixNanos the clock, in nanoseconds since 1970
   */
  public RunIdGenerator(LongSupplier unixNanos) {
    this(unixNanos, new SecureRandom().nextLong());
  }

  RunIdGenerator(LongSupplier unixNanos, long generatorBits) {
    this.unixNanos = unixNanos;
    this.suffix = "-" + HexDigits.ofLong(generatorBits);
  }

  /** Returns an id that no generator has returned before. */
  public String next() {
    long now = Math.max(0, unixNanos.getAsLong());
    long stamp =
        lastUnixNanos.updateAndGet(last -> Long.compareUnsigned(now, last) > 0 ? now : last + 1);
    return "r" + HexDigits.ofLong(stamp) + suffix;
  }
}
