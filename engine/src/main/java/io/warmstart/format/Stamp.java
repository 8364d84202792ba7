package io.warmstart.format;

import static java.util.concurrent.TimeUnit.SECONDS;

import java.time.Instant;

/**
 * A moment as manifests write it: seconds and nanoseconds since 1970.
 *
 * <p>Both are the raw bits of what is on disk, an unsigned 64-bit and an unsigned 32-bit number.
 * Nanoseconds of a billion or more are somebody else's mistake, but they are kept rather than
 * carried into the seconds: the order is by (seconds, nanoseconds) as written, for every process
 * that reads the file, and a rewrite must not change the written stamp.
 *
 * @param unixSecs seconds since 1970, unsigned
 * @param nanos nanoseconds within the second, unsigned, usually below 1,000,000,000
 */
public record Stamp(long unixSecs, int nanos) implements Comparable<Stamp> {
  /** 1970 itself; as an access stamp it means that nobody has written one. */
  public static final Stamp ZERO = new Stamp(0, 0);

  private static final long NANOS_PER_SECOND = SECONDS.toNanos(1);

  /** Returns the stamp of a clock's reading; a reading before 1970 counts as 1970. */
  public static Stamp ofUnixNanos(long unixNanos) {
    if (unixNanos <= 0) {
      return ZERO;
    }
    return new Stamp(unixNanos / NANOS_PER_SECOND, (int) (unixNanos % NANOS_PER_SECOND));
  }

  /** Returns the later of two stamps. */
  public static Stamp max(Stamp a, Stamp b) {
    return a.compareTo(b) >= 0 ? a : b;
  }

  /**
   * Returns nanoseconds since 1970, or {@link Long#MAX_VALUE} where a long cannot hold them (from
   * the year 2262 on). A stamp so far off must look late, never negative and so long expired.
   */
  public long toUnixNanosSaturated() {
    long nanosOfSecond = Integer.toUnsignedLong(nanos);
    if (Long.compareUnsigned(unixSecs, (Long.MAX_VALUE - nanosOfSecond) / NANOS_PER_SECOND) > 0) {
      return Long.MAX_VALUE;
    }
    return unixSecs * NANOS_PER_SECOND + nanosOfSecond;
  }

  /** Returns the moment, or {@link Instant#MAX} where an Instant cannot hold it. */
  public Instant toInstant() {
    long mostSeconds = Instant.MAX.getEpochSecond();
    return Long.compareUnsigned(unixSecs, mostSeconds - 4) > 0
        ? Instant.MAX
        : Instant.ofEpochSecond(unixSecs, Integer.toUnsignedLong(nanos));
  }

  /** Orders by seconds, then by nanoseconds, both unsigned. */
  @Override
  public int compareTo(Stamp other) {
    int order = Long.compareUnsigned(unixSecs, other.unixSecs);
    return order != 0 ? order : Integer.compareUnsigned(nanos, other.nanos);
  }

  /** Returns {@code seconds.nanoseconds}, the latter with nine digits. */
  @Override
  public String toString() {
    return Long.toUnsignedString(unixSecs)
        + '.'
        + String.format("%09d", Integer.toUnsignedLong(nanos));
  }
}
