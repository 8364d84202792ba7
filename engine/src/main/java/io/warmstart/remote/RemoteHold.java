package io.warmstart.remote;

import io.warmstart.claim.OtherMachines.Hold;
import io.warmstart.format.ClaimRecord;
import io.warmstart.io.EngineLog;
import io.warmstart.io.Uninterrupted;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A key that is claimed in a remote, and renewed until it is given back. One that has lapsed
 * because the remote was away is taken again unless another has it by then. Safe for all threads.
 */
final class RemoteHold implements Hold {
  private static final int RENEWALS_IN_LEASE = 3;

  /** How long a caller waits for the end of a claim. If it does not come the claim lapses. */
  private static final long MOST_FOR_END_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final ClaimChain chain;
  private final ClaimRecord record;
  private final long leaseNanos;
  private final ScheduledExecutorService threads;
  private final LongSupplier nanoTime;

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
   */
  RemoteHold(
      ClaimChain chain,
      long last,
      ClaimRecord record,
      ScheduledExecutorService threads,
      LongSupplier nanoTime) {
    this.chain = chain;
    this.number = last;
    this.record = record;
    this.leaseNanos = TimeUnit.MILLISECONDS.toNanos(record.leaseMillis());
    this.threads = threads;
    this.nanoTime = nanoTime;
  }

  /** Takes it; false if another was faster. */
  synchronized boolean begin() throws IOException {
    return follow(record);
  }

  private boolean follow(ClaimRecord next) throws IOException {
    while (true) {
      // Before anybody can see it: a store that waits for it to lapse counts from later.
      long start = nanoTime.getAsLong();
      if (chain.follow(number, next)) {
        number++;
        untilNanos = start + leaseNanos;
        return true;
      }
      ClaimRecord has = chain.read(number + 1);
      if (has == null || !has.nonce().equals(record.nonce())) {
        return false;
      }
      // Its own, of a renewal whose answer was lost.
      number++;
    }
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
        EngineLog.warning("a claim has lapsed, and another has it now: " + chain, null);
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
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    try {
      threads.execute(
          () -> {
            end();
            done.complete(true);
          });
      Uninterrupted.get(done, System.nanoTime() + MOST_FOR_END_NANOS);
    } catch (TimeoutException | ExecutionException e) {
      lapses(e);
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      lapses(e);
    }
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
    } catch (IOException e) {
      lapses(e);
    }
    lost = true;
  }

  private void lapses(Throwable because) {
    EngineLog.warning(
        "a claim was not given back, and lapses "
            + TimeUnit.NANOSECONDS.toSeconds(leaseNanos)
            + " s after its last sign of life: "
            + chain,
        because);
  }
}
