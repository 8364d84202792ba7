package io.warmstart.claim;

import io.warmstart.model.ClaimOptions;
import io.warmstart.model.ClaimState;
import io.warmstart.model.ClaimUnavailableException;
import io.warmstart.model.Digest256;
import io.warmstart.pair.StoreFailures;
import io.warmstart.process.ClaimLocks;
import io.warmstart.process.Siblings;
import io.warmstart.runtime.EngineLog;
import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
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
 * <p>A claim saves work and protects nothing: pairs are whole and ranked, whichever process makes
 * them. It is a byte of the lock file, so the kernel ends it with the process. Beside other
 * machines it is taken from them too, after the byte: of a machine's processes one asks them.
 *
 * <p>The final result is looked for <em>after</em> the byte is had: who had it before has saved his
 * final before he gave it back, and what was saved is found. So nobody computes what is finished,
 * unless a claim was lost.
 *
 * <p>Nobody is woken when a byte comes free, which the kernel does for threads that wait in it, and
 * those could not be interrupted: a thread that waits asks again, after 20 ms at first and half a
 * second at last.
 *
 * <p>Safe for all threads.
 */
public final class KeyClaim {
  private static final long FIRST_PAUSE_MILLIS = 20;
  private static final long LONGEST_PAUSE_MILLIS = 500;
  private static final long FIRST_FAR_PAUSE_MILLIS = 1_000;
  private static final long LONGEST_FAR_PAUSE_MILLIS = 15_000;

  /** A lock file that was deleted is there again with the next heartbeat, or will not be. */
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** Of a wait, for a remote that is away: it is asked once a minute at least. */
  private static final long FAR_PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(3);

  private final Siblings siblings;
  private final @Nullable OtherMachines otherMachines;
  private final ClaimOptions options;
  private final Digest256 key;
  private final Path root;
  private final BooleanSupplier isFinished;
  private final Consumer<KeyClaim> onEnd;

  /** Wakes who waits; the next attempt tells it. */
  private final CountDownLatch end = new CountDownLatch(1);

  // Written under the monitor.
  private volatile @Nullable Taken held;
  private volatile boolean finished;
  private volatile @Nullable String ended;
  private volatile boolean alone;

  /** Whether the last look has asked other machines. */
  private volatile boolean askedFar;

  /** A key that was taken. There before it is: what was taken is given back, whatever memory. */
  private static final class Taken {
    /** Keeps others of this machine out. */
    private final ClaimLocks.Held here;

    /** Keeps other machines out; null if none is asked. */
    private OtherMachines.@Nullable Hold far;

    private Taken(ClaimLocks.Held here) {
      this.here = here;
    }

    boolean isHeld() {
      return here.isHeld() && (far == null || far.isHeld());
    }
  }

  /**
   * Makes one that is not tried yet.
   *
   * @param otherMachines null if there are none to be asked
   * @param isFinished whether the key has a final result
   * @param onEnd is told of its end, once
   */
  public KeyClaim(
      Siblings siblings,
      @Nullable OtherMachines otherMachines,
      ClaimOptions options,
      Digest256 key,
      Path root,
      BooleanSupplier isFinished,
      Consumer<KeyClaim> onEnd) {
    this.siblings = siblings;
    this.otherMachines = options.acrossMachines() ? otherMachines : null;
    this.options = options;
    this.key = key;
    this.root = root;
    this.isFinished = isFinished;
    this.onEnd = onEnd;
  }

  /** How it stands, without a look. */
  public ClaimState state() {
    Taken mine = held;
    if (mine != null && mine.isHeld()) {
      return ClaimState.MINE;
    }
    return finished ? ClaimState.FINISHED : ClaimState.OTHERS;
  }

  /** Whether it was this one's, and others are not kept out any more. */
  public boolean lost() {
    Taken mine = held;
    return mine != null && !mine.isHeld();
  }

  /** Whether other machines are not kept out: none was asked, or none has answered. */
  public boolean alone() {
    return otherMachines == null || alone;
  }

  /** Who has the key on another machine, as of the last look there. */
  public Optional<String> holderElsewhere() {
    OtherMachines others = otherMachines;
    return others == null || !askedFar || state() != ClaimState.OTHERS
        ? Optional.empty()
        : others.holder(key);
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
    long start = System.nanoTime();
    Uninterrupted.await(
        () -> {
          while (!attempt(start, PATIENCE_NANOS)) {
            end.await(FIRST_PAUSE_MILLIS, TimeUnit.MILLISECONDS);
          }
          return true;
        });
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
    // What others hold lasts as long, and the wait for it need not end before.
    long patience =
        otherMachines == null
            ? PATIENCE_NANOS
            : Math.max(FAR_PATIENCE_NANOS, options.lease().toNanos());
    long pauseMillis = FIRST_PAUSE_MILLIS;
    while (true) {
      if (Thread.interrupted()) {
        throw new InterruptedException("while waiting for a claim");
      }
      if (attempt(hadLocks, patience)) {
        hadLocks = System.nanoTime();
      }
      long leftNanos = nanos - (System.nanoTime() - start);
      ClaimState now = state();
      if (now != ClaimState.OTHERS || leftNanos <= 0) {
        return now;
      }
      long leftMillis = TimeUnit.NANOSECONDS.toMillis(leftNanos) + 1;
      // Those who began to wait together need not ask together.
      pauseMillis = Math.max(pauseMillis, leastPauseMillis());
      long some = ThreadLocalRandom.current().nextLong(pauseMillis / 2, pauseMillis + 1);
      end.await(Math.min(some, leftMillis), TimeUnit.MILLISECONDS);
      pauseMillis = Math.min(2 * pauseMillis, longestPauseMillis());
    }
  }

  /** A look at a remote costs more, and waits for what ends no sooner than its lease. */
  private long leastPauseMillis() {
    return askedFar ? Math.min(FIRST_FAR_PAUSE_MILLIS, longestPauseMillis()) : FIRST_PAUSE_MILLIS;
  }

  private long longestPauseMillis() {
    long longest = askedFar ? LONGEST_FAR_PAUSE_MILLIS : LONGEST_PAUSE_MILLIS;
    return Math.max(FIRST_PAUSE_MILLIS, Math.min(longest, options.lease().toMillis() / 4));
  }

  /**
   * One look.
   *
   * @param hadLocksNanos since when there may have been none
   * @param patienceNanos for how long there may be none
   * @return whether locks could be asked for
   */
  private synchronized boolean attempt(long hadLocksNanos, long patienceNanos) {
    String because = ended;
    if (because != null) {
      throw new IllegalStateException(
          "the claim " + because + ": key=" + key.toHex() + " root=" + root);
    }
    if (state() == ClaimState.MINE) {
      return true;
    }
    giveBack();
    boolean known = false;
    try {
      // What is finished here costs no other machine a question.
      if (otherMachines != null && isFinished.getAsBoolean()) {
        finished = true;
        return true;
      }
      boolean hadLocks = take(hadLocksNanos, patienceNanos);
      // Also where another has the key, or there are no locks: a final ends all waiting.
      finished = isFinished.getAsBoolean();
      known = true;
      return hadLocks || finished;
    } finally {
      if (finished || !known) {
        giveBack();
      }
    }
  }

  private boolean take(long hadLocksNanos, long patienceNanos) {
    askedFar = false;
    ClaimLocks.Held here = null;
    try {
      here = siblings.tryClaim(key);
      if (here != null) {
        held = takeFar(here);
      }
      return true;
    } catch (IOException e) {
      if (System.nanoTime() - hadLocksNanos > patienceNanos) {
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
    } finally {
      if (here != null && held == null) {
        siblings.release(here);
      }
    }
  }

  /** Also from other machines; null if one of them has it. */
  private @Nullable Taken takeFar(ClaimLocks.Held here) throws IOException {
    alone = false;
    Taken taken = new Taken(here);
    if (otherMachines == null) {
      return taken;
    }
    // Of this machine: no remote's fault.
    String claimer = siblings.lockSharers();
    askedFar = true;
    try {
      taken.far = otherMachines.tryTake(key, claimer, options.lease().toNanos());
      return taken.far == null ? null : taken;
    } catch (IOException e) {
      if (!options.aloneIfUnanswered()) {
        throw e;
      }
      EngineLog.warning(
          "a claim binds this machine only, since the remote does not answer: key=" + key.toHex(),
          e);
      alone = true;
      return taken;
    }
  }

  private void giveBack() {
    Taken mine = held;
    held = null;
    if (mine != null) {
      try {
        if (mine.far != null) {
          // First: the next process of this machine finds it free there.
          mine.far.giveBack();
        }
      } finally {
        siblings.release(mine.here);
      }
    }
  }

  /**
   * Gives it back; later calls do nothing.
   *
   * @param because what a later call is told
   */
  public synchronized void close(String because) {
    if (ended == null) {
      ended = because;
      try {
        giveBack();
      } finally {
        end.countDown();
        onEnd.accept(this);
      }
    }
  }
}
