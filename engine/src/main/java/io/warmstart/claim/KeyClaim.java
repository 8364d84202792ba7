package io.warmstart.claim;

import io.warmstart.model.ClaimState;
import io.warmstart.model.ClaimUnavailableException;
import io.warmstart.model.Digest256;
import io.warmstart.pair.StoreFailures;
import io.warmstart.process.ClaimLocks;
import io.warmstart.process.Siblings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One claim of a key, from the first try to its end.
 *
 * <p>A claim saves work and protects nothing: pairs are whole and ranked whoever computes them. It
 * is a byte of the lock file, so the kernel ends it with the process.
 *
 * <p>The final result is looked for <em>after</em> the byte is had: who had it before has saved his
 * final before he gave it back, and what was saved is found. So nobody computes what is finished,
 * unless a claim was lost.
 *
 * <p>Nobody is woken when a byte comes free, which the kernel does for threads that wait in it, and
 * those could not be interrupted: whoever waits asks again, after 20 ms at first and half a second
 * at last.
 *
 * <p>Safe for all threads.
 */
public final class KeyClaim {
  private static final long FIRST_PAUSE_MILLIS = 20;
  private static final long LONGEST_PAUSE_MILLIS = 500;

  /** A lock file that was deleted is there again with the next heartbeat, or will not be. */
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final Siblings siblings;
  private final Digest256 key;
  private final Path root;
  private final BooleanSupplier isFinished;
  private final Consumer<KeyClaim> onEnd;

  /** Wakes who waits; the next attempt tells it. */
  private final CountDownLatch end = new CountDownLatch(1);

  // Written under the monitor.
  private volatile ClaimLocks.@Nullable Held held;
  private volatile boolean finished;
  private volatile @Nullable String ended;

  /**
   * Makes one that is not tried yet.
   *
   * @param isFinished whether the key has a final result
   * @param onEnd is told of its end, once
   */
  public KeyClaim(
      Siblings siblings,
      Digest256 key,
      Path root,
      BooleanSupplier isFinished,
      Consumer<KeyClaim> onEnd) {
    this.siblings = siblings;
    this.key = key;
    this.root = root;
    this.isFinished = isFinished;
    this.onEnd = onEnd;
  }

  /** How it stands, without a look. */
  public ClaimState state() {
    ClaimLocks.Held mine = held;
    if (mine != null && mine.isHeld()) {
      return ClaimState.MINE;
    }
    return finished ? ClaimState.FINISHED : ClaimState.OTHERS;
  }

  /** Whether it was this one's, and others are not kept out any more. */
  public boolean lost() {
    ClaimLocks.Held mine = held;
    return mine != null && !mine.isHeld();
  }

  /** Which process has the key. */
  public OptionalLong holder() {
    return siblings.claimer(key);
  }

  /**
   * Tries once; for as long as there are no locks, again.
   *
   * @throws ClaimUnavailableException if there are none for two seconds
   */
  public void begin() {
    boolean interrupted = false;
    long start = System.nanoTime();
    while (!attempt(start)) {
      try {
        end.await(FIRST_PAUSE_MILLIS, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Waits until it is this one's or the key is finished.
   *
   * @param nanos for how long at most; tries once in any case
   * @return how it stands then
   */
  public ClaimState await(long nanos) throws InterruptedException {
    long start = System.nanoTime();
    long hadLocks = start;
    long pauseMillis = FIRST_PAUSE_MILLIS;
    while (true) {
      if (Thread.interrupted()) {
        throw new InterruptedException("while waiting for a claim");
      }
      if (attempt(hadLocks)) {
        hadLocks = System.nanoTime();
      }
      long leftNanos = nanos - (System.nanoTime() - start);
      ClaimState now = state();
      if (now != ClaimState.OTHERS || leftNanos <= 0) {
        return now;
      }
      long leftMillis = TimeUnit.NANOSECONDS.toMillis(leftNanos) + 1;
      // Those who began to wait together need not ask together.
      long some = ThreadLocalRandom.current().nextLong(pauseMillis / 2, pauseMillis + 1);
      end.await(Math.min(some, leftMillis), TimeUnit.MILLISECONDS);
      pauseMillis = Math.min(2 * pauseMillis, LONGEST_PAUSE_MILLIS);
    }
  }

  /**
   * One look.
   *
   * @param hadLocksNanos since when there may have been none
   * @return whether there were locks to be had
   */
  private synchronized boolean attempt(long hadLocksNanos) {
    String because = ended;
    if (because != null) {
      throw new IllegalStateException("the claim " + because + ": key=" + key.toHex());
    }
    if (state() != ClaimState.OTHERS) {
      return true;
    }
    giveBack();
    boolean hadLocks = take(hadLocksNanos);
    boolean known = false;
    try {
      // Also where another has the key, or there are no locks: a final ends all waiting.
      finished = isFinished.getAsBoolean();
      known = true;
    } finally {
      if (finished || !known) {
        giveBack();
      }
    }
    return hadLocks || finished;
  }

  private boolean take(long hadLocksNanos) {
    try {
      held = siblings.tryClaim(key);
      return true;
    } catch (IOException e) {
      if (System.nanoTime() - hadLocksNanos > PATIENCE_NANOS) {
        throw new ClaimUnavailableException(
            "nothing was claimed: "
                + StoreFailures.describe(e)
                + " key="
                + key.toHex()
                + " root="
                + root,
            e);
      }
      return false;
    }
  }

  private void giveBack() {
    ClaimLocks.Held mine = held;
    held = null;
    if (mine != null) {
      siblings.release(mine);
    }
  }

  /**
   * Gives it back; later calls do nothing.
   *
   * @param because what it says to whoever uses it afterwards
   */
  public synchronized void close(String because) {
    if (ended == null) {
      ended = because;
      giveBack();
      end.countDown();
      onEnd.accept(this);
    }
  }
}
