package io.warmstart.index;

import io.warmstart.format.Digest256;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The locks of the keys: a stripe for each key, shared by the threads and the processes on a root.
 *
 * <p>A stripe is taken in two steps: first a lock of this JVM, so that its threads queue without
 * spinning on shared memory, then the stripe's word in the mapping, by compare-and-set from zero.
 * The word names its owner's row and epoch. A waiter that has waited long enough to suspect a death
 * tries the owner's byte in the lock file: while it holds that byte the owner is dead and no second
 * breaker can be at work, and the compare-and-set from the dead owner's word takes the stripe. The
 * epoch tells the dead owner's word from one that a successor in the same row has written. Whoever
 * breaks a lock is told the key that the dead owner had announced, and repairs it first.
 *
 * <p>A stopped owner is alive. Its waiters give up after a time and go on under this JVM's lock
 * alone; what two such writers of one run id can do to each other is found by the check that each
 * makes after its renames, and by every reader's checksum.
 *
 * <p>No lock is ever taken while another stripe is held, except a key's stripe under {@link
 * CoordinationLayout#SWEEP_STRIPE}. Safe for all threads; not reentrant.
 */
public final class KeyLocks {
  private static final int SPINS = 100;
  private static final long FIRST_PARK_NANOS = TimeUnit.MICROSECONDS.toNanos(20);
  private static final long LONGEST_PARK_NANOS = TimeUnit.MICROSECONDS.toNanos(500);
  private static final long SUSPECT_AFTER_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final long SUSPECT_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final @Nullable ProcessRegistry registry;
  private final Counters counters;
  private final long timeoutNanos;
  private final LongSupplier monotonicNanos;
  private final ReentrantLock[] local = new ReentrantLock[CoordinationLayout.KEY_STRIPES + 1];

  /**
   * Makes the locks of one root.
   *
   * @param registry proves who is alive; null for a root that this process cannot write to
   * @param timeoutNanos how long to wait for a living owner
   */
  public KeyLocks(
      @Nullable ProcessRegistry registry,
      Counters counters,
      long timeoutNanos,
      LongSupplier monotonicNanos) {
    this.registry = registry;
    this.counters = counters;
    this.timeoutNanos = timeoutNanos;
    this.monotonicNanos = monotonicNanos;
    for (int stripe = 0; stripe < local.length; stripe++) {
      local[stripe] = new ReentrantLock();
    }
  }

  /** The stripe of a key. Keys are hashes already, so any of their bits serve. */
  public static int stripeOf(Digest256 key) {
    return (int) key.word(1) & (CoordinationLayout.KEY_STRIPES - 1);
  }

  /**
   * Takes a key's stripe and announces the key. Blocks for the time-out at most. If the hold tells
   * a broken intent, the caller repairs that key and then announces its own.
   */
  public Hold acquire(Digest256 key) {
    Hold hold = acquire(stripeOf(key), timeoutNanos);
    if (hold.brokenIntent == null) {
      hold.announce(key);
    }
    return hold;
  }

  /**
   * Takes the stripe that serialises sweeps.
   *
   * @param patienceNanos how long to wait for a sweep under way
   */
  public Hold acquireSweep(long patienceNanos) {
    return acquire(CoordinationLayout.SWEEP_STRIPE, patienceNanos);
  }

  /** How many entries have been removed under a key's stripe; -1 if nobody can tell. */
  public long removals(Digest256 key) {
    Coordination coordination = registry == null ? null : registry.current();
    return coordination == null ? -1 : coordination.removals(stripeOf(key));
  }

  private Hold acquire(int stripe, long patienceNanos) {
    long deadline = monotonicNanos.getAsLong() + patienceNanos;
    boolean locallyHeld = lockLocally(local[stripe], patienceNanos);
    Coordination coordination = registry == null ? null : registry.current();
    if (coordination == null || !locallyHeld) {
      counters.count(Counter.FILES_ONLY);
      return new Hold(stripe, locallyHeld, null, 0, null);
    }
    long mine = coordination.ownWord();
    for (int spin = 0; spin < SPINS; spin++) {
      if (coordination.casLockWord(stripe, 0, mine)) {
        return new Hold(stripe, true, coordination, mine, null);
      }
      Thread.onSpinWait();
    }
    return acquireContended(stripe, coordination, mine, deadline);
  }

  private Hold acquireContended(int stripe, Coordination coordination, long mine, long deadline) {
    long parkNanos = FIRST_PARK_NANOS;
    long suspectAt = monotonicNanos.getAsLong() + SUSPECT_AFTER_NANOS;
    while (true) {
      long word = coordination.lockWord(stripe);
      if (word == 0 && coordination.casLockWord(stripe, 0, mine)) {
        return new Hold(stripe, true, coordination, mine, null);
      }
      long now = monotonicNanos.getAsLong();
      if (word != 0 && now - suspectAt >= 0) {
        if (breakDead(stripe, coordination, word, mine)) {
          counters.count(Counter.LOCK_BREAKS);
          // The dead owner may have changed files that it has not accounted for.
          coordination.doubtTotalBytes();
          return new Hold(stripe, true, coordination, mine, coordination.intent(stripe));
        }
        suspectAt = now + SUSPECT_EVERY_NANOS;
      }
      if (now - deadline >= 0 || coordination.lost()) {
        counters.count(Counter.LOCK_TIMEOUTS);
        counters.count(Counter.FILES_ONLY);
        return new Hold(stripe, true, null, 0, null);
      }
      LockSupport.parkNanos(parkNanos);
      if (Thread.interrupted()) {
        // Parking returns at once while the status is set; the interrupt is handed on by close().
        return acquireInterrupted(stripe, coordination, mine, deadline);
      }
      parkNanos = Math.min(2 * parkNanos, LONGEST_PARK_NANOS);
    }
  }

  private Hold acquireInterrupted(int stripe, Coordination coordination, long mine, long deadline) {
    try {
      return acquireContended(stripe, coordination, mine, deadline);
    } finally {
      Thread.currentThread().interrupt();
    }
  }

  private boolean breakDead(int stripe, Coordination coordination, long word, long mine) {
    int row = Coordination.rowOfWord(word);
    if (!Coordination.isLockWord(word)) {
      // Nobody writes such a word: the file was scribbled over, and nobody would ever free it.
      return coordination.casLockWord(stripe, word, mine);
    }
    if (row == coordination.row()) {
      // We hold the row's byte, so its earlier owners are dead; and whichever thread of ours writes
      // a word here holds the stripe's local lock, which is this one now.
      return local[stripe].getHoldCount() == 1 && coordination.casLockWord(stripe, word, mine);
    }
    long epoch = coordination.epochOf(row);
    if (epoch != -1 && epoch != Coordination.epochOfWord(word)) {
      // The row has a later owner, so the writer of this word is gone: it held the row's byte.
      return coordination.casLockWord(stripe, word, mine);
    }
    boolean[] taken = new boolean[1];
    ProcessRegistry prover = registry;
    if (prover != null) {
      prover.whileUnowned(row, () -> taken[0] = coordination.casLockWord(stripe, word, mine));
    }
    return taken[0];
  }

  private static boolean lockLocally(ReentrantLock lock, long patienceNanos) {
    if (lock.tryLock()) {
      return true;
    }
    boolean interrupted = false;
    try {
      long deadline = System.nanoTime() + patienceNanos;
      while (true) {
        try {
          return lock.tryLock(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /**
   * A stripe that is held, or the best that could be had. To be closed by the thread that took it.
   */
  public final class Hold implements AutoCloseable {
    private final int stripe;
    private final boolean locallyHeld;
    private final @Nullable Coordination coordination;
    private final long word;
    private final @Nullable Digest256 brokenIntent;

    private Hold(
        int stripe,
        boolean locallyHeld,
        @Nullable Coordination coordination,
        long word,
        @Nullable Digest256 brokenIntent) {
      this.stripe = stripe;
      this.locallyHeld = locallyHeld;
      this.coordination = coordination;
      this.word = word;
      this.brokenIntent = brokenIntent;
    }

    /** Whether other processes are kept out too, and not only the threads of this one. */
    public boolean shared() {
      return coordination != null;
    }

    /** Whether anybody at all is kept out; false after a time-out within this JVM. */
    public boolean exclusive() {
      return locallyHeld;
    }

    /** The key that a dead owner was changing when it died; to be repaired before anything else. */
    public @Nullable Digest256 brokenIntent() {
      return brokenIntent;
    }

    /** Records which key the holder is about to change. */
    public void announce(Digest256 key) {
      if (coordination != null) {
        coordination.recordIntent(stripe, key);
      }
    }

    /** Tells siblings that an entry under this stripe was removed by design. */
    public void countRemoval() {
      if (coordination != null) {
        coordination.countRemoval(stripe);
      }
    }

    /** Removals under this stripe so far; -1 if nobody can tell. */
    public long removals() {
      return coordination == null ? -1 : coordination.removals(stripe);
    }

    /** Adds to the root's byte total, with or without the stripe. */
    public void addTotalBytes(long delta) {
      Coordination mapped = registry == null ? null : registry.current();
      if (mapped != null) {
        mapped.addTotalBytes(delta);
      }
    }

    @Override
    public void close() {
      if (coordination != null) {
        coordination.casLockWord(stripe, word, 0);
      }
      if (locallyHeld) {
        local[stripe].unlock();
      }
    }
  }
}
