package io.warmstart.remote;

import io.warmstart.claim.OtherMachines.Hold;
import io.warmstart.format.ClaimRecord;
import io.warmstart.runtime.EngineLog;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A key that is claimed in a remote, and renewed until it is given back. One that has lapsed
 * because the remote was away is taken again unless another has it by then. Safe for all threads.
 */
final class RemoteHold implements Hold {
  private static final int RENEWALS_IN_LEASE = 3;

  /** Each renewal goes by what the one before has left. */
  private static final int MOST_UNANSWERED = 4;

  private final ClaimChain chain;
  private final ClaimRecord record;
  private final long leaseNanos;
  private final ScheduledExecutorService threads;
  private final LongSupplier nanoTime;
  private final Consumer<RemoteHold> giveBack;

  // Under the monitor.
  private long number;
  private boolean ended;
  private boolean told;
  private @Nullable ScheduledFuture<?> renewals;

  /** When it lapses. */
  private volatile long untilNanos;

  private volatile boolean lost;

  /**
   * One that is not taken yet.
   *
   * @param last the number that it follows
   * @param giveBack has {@link #end} run, and waits for it if that makes sense
   */
  RemoteHold(
      ClaimChain chain,
      long last,
      ClaimRecord record,
      ScheduledExecutorService threads,
      LongSupplier nanoTime,
      Consumer<RemoteHold> giveBack) {
    this.chain = chain;
    this.number = last;
    this.record = record;
    this.leaseNanos = TimeUnit.MILLISECONDS.toNanos(record.leaseMillis());
    this.threads = threads;
    this.nanoTime = nanoTime;
    this.giveBack = giveBack;
  }

  /** Takes it; false if another was faster. */
  synchronized boolean begin() throws IOException {
    return follow(record);
  }

  private boolean follow(ClaimRecord next) throws IOException {
    for (int attempt = 0; attempt < MOST_UNANSWERED; attempt++) {
      // Before anybody can see it: a store that waits for it to lapse counts from later.
      long start = nanoTime.getAsLong();
      switch (chain.follow(number, next)) {
        case LAST -> {
          number++;
          untilNanos = start + leaseNanos;
          return true;
        }
        case OVERTAKEN -> {
          return false;
        }
        case TAKEN -> {}
      }
      ClaimRecord has = chain.read(number + 1);
      if (has == null || !has.nonce().equals(record.nonce())) {
        return false;
      }
      // Its own, of a renewal whose answer was lost.
      number++;
    }
    throw new IOException("its own objects go on: " + chain);
  }

  /** Whether the remote makes a second object of the name that it has made now. */
  synchronized boolean isOverwritten() throws IOException {
    return chain.isOverwritten(number, record);
  }

  /**
   * Renews it from now on.
   *
   * @param before what it has followed
   */
  synchronized void keep(Collection<Long> before) {
    long pause = leaseNanos / RENEWALS_IN_LEASE;
    renewals = threads.scheduleWithFixedDelay(this::renew, pause, pause, TimeUnit.NANOSECONDS);
    chain.forgetBefore(number, before);
  }

  @Override
  public boolean isHeld() {
    return !lost && nanoTime.getAsLong() - untilNanos < 0;
  }

  private synchronized void renew() {
    if (ended || lost) {
      return;
    }
    try {
      long before = number;
      if (follow(record)) {
        told = false;
        chain.forgetBefore(number, List.of(before));
      } else {
        lost = true;
        stopRenewing();
        EngineLog.warning("a claim has lapsed, and another has it now: " + chain);
      }
    } catch (Throwable e) {
      // One that is thrown would end the renewals. The next is due in a third of the lease.
      if (!isHeld() && !told) {
        told = true;
        EngineLog.warning("a claim has lapsed, since it cannot be renewed: " + chain, e);
      }
    }
  }

  private void stopRenewing() {
    ScheduledFuture<?> running = renewals;
    if (running != null) {
      running.cancel(false);
    }
  }

  @Override
  public void giveBack() {
    giveBack.accept(this);
  }

  /** Gives it back, if it is its own still. */
  synchronized void end() {
    ended = true;
    stopRenewing();
    if (lost) {
      return;
    }
    try {
      long before = number;
      if (follow(record.givenBack())) {
        chain.forgetBefore(number, List.of(before));
      }
    } catch (IOException | RuntimeException e) {
      lapses(e);
    }
    lost = true;
  }

  void lapses(Throwable because) {
    EngineLog.warning(
        "a claim was not given back, and lapses "
            + TimeUnit.NANOSECONDS.toSeconds(leaseNanos)
            + " s after its last sign of life: "
            + chain,
        because);
  }
}
