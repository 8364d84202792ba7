package io.warmstart.io;

import java.util.concurrent.TimeUnit;

/**
 * How young a file's time must be to prove nothing. A clock that stamps files ticks: a change that
 * comes within the same tick as the last one leaves the stamp as it is. So a stamp vouches for what
 * was read under it only if that was read a whole tick later.
 *
 * <p>How long a tick is, the stamp itself tells. A kernel's clock ticks each 10 ms at the most. A
 * file system that keeps whole seconds (ext2, ext3, ext4 with inodes of 128 bytes) or every other
 * one (vfat) gives stamps without nanoseconds; a finer one gives such a stamp once in a hundred at
 * the most, which then costs a few looks more.
 */
public enum RacyWindow {
  /** The files are stamped by the clock of this machine. */
  SAME_CLOCK,

  /** They are stamped by another machine's, which may tick seldom, and be a second off ours. */
  OTHER_CLOCK;

  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(25);
  private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long COARSE_NANOS = 2 * SECOND_NANOS;

  /**
   * The moment that files' times are held against, unix nanoseconds: by the clock that stamps them,
   * whatever clock the store was given to go by.
   */
  public static long systemNanos() {
    return TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
  }

  /** How long after a stamp another change may still be given the same one. */
  public long nanosAfter(long stampUnixNanos) {
    long coarse = coarseNanos(stampUnixNanos);
    return switch (this) {
      case SAME_CLOCK -> coarse + TICK_NANOS;
      case OTHER_CLOCK -> Math.max(coarse, SECOND_NANOS) + SECOND_NANOS;
    };
  }

  /**
   * Whether what was read at a moment, under this stamp, may differ from what is there later. A
   * stamp of 0 is that of a file system that keeps none.
   */
  public boolean isRacy(long stampUnixNanos, long readAtUnixNanos) {
    return stampUnixNanos <= 0 || readAtUnixNanos - stampUnixNanos < nanosAfter(stampUnixNanos);
  }

  /** How much later than its stamp a change may have been, where the file system rounds it off. */
  public static long coarseNanos(long stampUnixNanos) {
    return stampUnixNanos % SECOND_NANOS == 0 ? COARSE_NANOS : 0;
  }
}
