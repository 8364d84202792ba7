package io.warmstart.process;

import io.warmstart.format.Owner;
import io.warmstart.mapped.ControlLayout;
import java.io.IOException;
import java.nio.channels.FileLock;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What the biases of all stripes of a root go by in this process: whether it may keep stripes, and
 * how many; and what a bias says. Safe for all threads, but for {@link #beat}.
 */
final class Biases {
  /** More would make each of the kernel's locks slow: it looks at all that a file has. */
  private static final int MOST_KEPT = 16;

  /** By all processes together, as far as each can tell. */
  private static final int MOST_KEPT_BY_ALL = 1024;

  /** Nobody keeps the stripe. Where nothing was written yet stands 0, which says nothing. */
  static final long NONE = 0x656e_6f6e_5341_4942L;

  private static final int ROW_SHIFT = 32;
  private static final int CHECK_SHIFT = 48;
  private static final long EPOCHS_MASK = (1L << ROW_SHIFT) - 1;

  /** The sign of a bias that is being taken away. */
  private static final long REVOKED = Long.MIN_VALUE;

  private final ProcessTable table;
  private final AtomicInteger kept = new AtomicInteger();
  private volatile int most;
  private volatile boolean closed;
  private final AtomicInteger beats = new AtomicInteger();

  /** Shared, while this process has no coordination file. Of the thread that beats. */
  private @Nullable FileLock unattached;

  Biases(ProcessTable table) {
    this.table = table;
  }

  /** Looks whether stripes may be kept: one thread at a time, with each heartbeat. */
  void beat() {
    try {
      most = closed ? 0 : mostKept();
    } catch (IOException e) {
      most = 0;
    }
    beats.incrementAndGet();
  }

  /** None is kept any more. */
  void close() {
    closed = true;
    most = 0;
  }

  /** Whether a file is the one that all others go by: for a process that is to act on a bias. */
  boolean isCurrent(ControlFile file) {
    return table.leadsTo(file);
  }

  /** How many heartbeats there were. */
  int beats() {
    return beats.get();
  }

  private int mostKept() throws IOException {
    ControlFile file = table.current();
    FileLock told = unattached;
    if (file == null) {
      if (told == null || !told.isValid()) {
        unattached = table.lockFile().tryLockShared(LockFile.UNATTACHED_BYTE);
      }
      return 0;
    }
    if (told != null) {
      unattached = null;
      table.lockFile().release(told);
    }
    FileLock alone = table.lockFile().tryLock(LockFile.UNATTACHED_BYTE);
    if (alone == null) {
      // Others cannot see a bias, and wait for the kernel's lock.
      return 0;
    }
    table.lockFile().release(alone);
    return Math.min(MOST_KEPT, MOST_KEPT_BY_ALL / Math.max(1, file.rowsUsed()));
  }

  /** Whether this process may keep stripes now. */
  boolean mayKeep() {
    return most > 0;
  }

  /** Counts one more stripe that is kept; false if there are as many as there may be. */
  boolean tryCount() {
    if (kept.incrementAndGet() <= most && !closed) {
      return true;
    }
    kept.decrementAndGet();
    return false;
  }

  /** One less is kept. */
  void uncount() {
    kept.decrementAndGet();
  }

  /** A bias to this process. */
  static long of(ControlFile file) {
    return of(file.owner());
  }

  static long of(Owner owner) {
    long named = owner.slot() * (EPOCHS_MASK + 1) | (owner.epoch() & EPOCHS_MASK);
    return named | check(named) << CHECK_SHIFT;
  }

  /** 15 bits, so that no flipped bit makes another bias. No bias is 0, since no epoch is. */
  private static long check(long named) {
    return (named * 0x9e37_79b9_7f4a_7c15L) >>> 49;
  }

  /** Whether some process can have written it. */
  static boolean isOne(long bias) {
    long named = bias & ((1L << CHECK_SHIFT) - 1);
    return (bias & ~REVOKED) == (named | check(named) << CHECK_SHIFT)
        && named >>> ROW_SHIFT < ControlLayout.PROCESS_ROWS
        && (named & EPOCHS_MASK) != 0;
  }

  static boolean isRevoked(long bias) {
    return bias < 0;
  }

  /** Whether it is a certain one, revoked or not. */
  static boolean isOf(long certain, long bias) {
    return (bias & ~REVOKED) == certain;
  }

  static long revoked(long bias) {
    return bias | REVOKED;
  }

  /**
   * What its owner says while it does not have the stripe. While it does it says the bias; whatever
   * else stands there says nothing.
   */
  static long notInUse(long bias) {
    return ~(bias & ~REVOKED);
  }
}
