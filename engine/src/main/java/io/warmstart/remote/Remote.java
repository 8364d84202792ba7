package io.warmstart.remote;

import io.warmstart.claim.OtherMachines;
import io.warmstart.model.Digest256;
import io.warmstart.model.RemoteOptions;
import io.warmstart.model.RemoteState;
import io.warmstart.model.StoreException;
import io.warmstart.notice.Notices;
import io.warmstart.remote.copy.Catchup;
import io.warmstart.remote.copy.LocalEntries;
import io.warmstart.remote.store.ObjectStore;
import io.warmstart.runtime.BackgroundThread;
import io.warmstart.runtime.ParallelWork;
import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The remote of one store: entries go there in the background, and come from there when a lookup
 * misses.
 *
 * <p>The remote fails no save and no lookup, and a caller waits for it no longer than a deadline.
 * All that may hang in it is done by threads of its own, which are not waited for when the store
 * closes. While it does not answer nobody waits at all ({@link Breaker}).
 *
 * <p>What is still to go there needs no journal: it is what the root has and the remote has not. A
 * store looks at all keys when it is opened, and then at those that it saves to ({@link Catchup}).
 *
 * <p>Safe for all threads.
 */
public final class Remote implements AutoCloseable {
  /** They wait for the remote, mostly. */
  private static final int REFRESHING_THREADS = 4;

  private final RemoteOptions options;
  private final ObjectStore store;
  private final LocalEntries local;
  private final Pushes pushes;
  private final AcknowledgedSends acknowledged;
  private final Transfers transfers;
  private final Fetches fetches;
  private final BackgroundThread pace;
  private final RemoteClaims claims;

  /** The last round that sends, and the last that looks for what is better there. */
  private volatile @Nullable CompletableFuture<Boolean> sending;

  private volatile @Nullable CompletableFuture<Boolean> refreshing;

  /** Whether somebody waits for what is due. */
  private volatile boolean flushing;

  /** Of the rounds that send, of which there is one at a time. */
  private volatile long pushedAtNanos;

  /**
   * Makes the remote of one store; it does nothing before {@link #begin}.
   *
   * @param ticks a clock in nanoseconds that costs a miss next to nothing; need not be exact
   */
  public Remote(
      RemoteOptions options,
      ObjectStore store,
      LocalEntries local,
      Notices notices,
      LongSupplier ticks) {
    this.options = options;
    this.store = store;
    this.local = local;
    this.transfers = new Transfers(store.name(), notices);
    this.fetches =
        new Fetches(
            options,
            store,
            local,
            transfers,
            new AskedKeys(options.checkInterval().toNanos(), ticks));
    this.pushes = new Pushes(store, local, transfers, options.flushWait().toNanos());
    this.acknowledged = pushes.acknowledged();
    this.claims =
        new RemoteClaims(
            store, options.flushWait().toNanos(), new ClaimedEntries(), System::nanoTime);
    // The first round sends what others have left.
    this.pushedAtNanos = System.nanoTime() - options.pushInterval().toNanos();
    long nanos = Math.min(options.pushInterval().toNanos(), options.checkInterval().toNanos());
    this.pace =
        new BackgroundThread(
            "warmstart-remote",
            () -> {
              BackgroundThread.pause(nanos);
              nextRound();
            },
            transfers::tell);
  }

  /** Where keys are claimed from other machines; null if nothing is ever put there. */
  public @Nullable OtherMachines claims() {
    return options.readOnly() ? null : claims;
  }

  /** Begins to send what is not there, and to look for what is better there. */
  public void begin() {
    pace.ensureRunning();
    nextRound();
  }

  /** A save to a run has returned. */
  public void saved(Digest256 key, String runId) {
    pushes.saved(key, runId, !options.readOnly());
    pace.ensureRunning();
  }

  /** Whether a lookup that misses a key is to ask: it was not asked of late. */
  public boolean isDue(Digest256 key) {
    return fetches.isDue(key);
  }

  /**
   * Has what is better there come here, for a lookup that missed.
   *
   * @return whether to look again: it was asked, and something may have come, for another caller
   *     perhaps
   */
  public boolean ask(Digest256 key) {
    return fetches.ask(key);
  }

  /**
   * The same, whenever it was asked last.
   *
   * @param runId of the run that is wanted; null for those that win by some ranking
   * @return whether something came; of a run, whether it may have come, for another caller perhaps
   */
  public boolean askNow(Digest256 key, @Nullable String runId) {
    return fetches.askNow(key, runId);
  }

  /** Begins one of each kind, unless one is under way, or nobody is to wait for the remote now. */
  private synchronized void nextRound() {
    // Whether one is due is asked first: while the breaker is open it lets one through, no more.
    if (!options.readOnly() && isOver(sending) && isSendDue()) {
      sending =
          pushes.breaker().allows()
              ? transfers.submit(this::send, pushes.breaker())
              : CompletableFuture.completedFuture(false);
    }
    if (isOver(refreshing)) {
      // Of each key the breaker is asked: while it is open one is tried now and then.
      refreshing = transfers.submit(this::refresh, fetches.breaker());
    }
  }

  private boolean isOver(@Nullable CompletableFuture<Boolean> round) {
    if (round == null || round.isDone()) {
      return true;
    }
    transfers.revive();
    return false;
  }

  /** Sends what is due; returns whether that is all there is. */
  private boolean send() throws IOException {
    flushing = false;
    pushedAtNanos = System.nanoTime();
    return pushes.run();
  }

  private boolean isSendDue() {
    return flushing || System.nanoTime() - pushedAtNanos >= options.pushInterval().toNanos();
  }

  /** Looks for what is better there of keys in use. */
  private boolean refresh() throws IOException {
    ParallelWork.each(
        List.copyOf(local.keysInUse()),
        REFRESHING_THREADS,
        "warmstart-remote-refresh",
        fetches::refresh);
    return true;
  }

  /** What there is of a key comes here when it is claimed, and goes there before that ends. */
  private final class ClaimedEntries implements RemoteClaims.Entries {
    @Override
    public void fetch(Digest256 key) throws IOException {
      fetches.require(key, options.flushWait().toNanos());
    }

    @Override
    public void send(Digest256 key) {
      if (pushes.isDue(key) && !pushes.breaker().open()) {
        flush(options.flushWait().toNanos());
      }
    }
  }

  /**
   * Sends what was saved to a run now, and waits for {@link RemoteOptions#flushWait} at most.
   *
   * @return whether the remote has it; if not, it goes there later
   */
  public boolean acknowledge(Digest256 key, String runId) {
    return acknowledged.await(key, runId);
  }

  /** The same, for a caller that does not wait. */
  public CompletableFuture<Boolean> acknowledgeLater(Digest256 key, String runId) {
    return acknowledged.later(key, runId);
  }

  /** Whether the remote is known to have what was last saved to a run. No request. */
  public boolean hasAcknowledged(Digest256 key, String runId) {
    return acknowledged.isThere(key, runId);
  }

  /**
   * Waits until all that this store has saved before is there.
   *
   * @return whether it is; if not, it goes there later
   */
  public boolean flush(long nanos) {
    if (options.readOnly()) {
      return true;
    }
    long deadline = System.nanoTime() + nanos;
    // One that is under way may have passed what was saved meanwhile.
    CompletableFuture<Boolean> before = sending;
    boolean stale = before != null && !before.isDone();
    for (int attempt = 0; attempt < Transfers.MOST_ATTEMPTS; attempt++) {
      if (!stale) {
        flushing = true;
        nextRound();
      }
      CompletableFuture<Boolean> current = sending;
      try {
        if (current != null && Uninterrupted.get(current, deadline) && !stale) {
          return true;
        }
      } catch (TimeoutException e) {
        return false;
      } catch (ExecutionException e) {
        // It was told where it failed.
        stale = false;
      }
      if (transfers.closed() || pushes.breaker().open() || System.nanoTime() - deadline >= 0) {
        return false;
      }
      if (!stale) {
        LockSupport.parkNanos(Transfers.AGAIN_AFTER_NANOS);
      }
      stale = false;
    }
    return false;
  }

  /**
   * Removes a key's entries, or those of one run: there first, or they would come back. Nothing
   * goes there meanwhile.
   *
   * @param runId null for all
   * @param here removes them here
   * @return what {@code here} says
   * @throws StoreException if the remote could not be asked: it may have removed some
   */
  public int remove(Digest256 key, @Nullable String runId, IntSupplier here) {
    if (options.readOnly()) {
      return here.getAsInt();
    }
    return pushes.remove(key, runId, here);
  }

  /** What is known of it. No request. */
  public RemoteState state() {
    return new RemoteState(
        store.name(),
        !fetches.breaker().open() && !pushes.breaker().open(),
        pushes.caughtUp() || options.readOnly() ? pushes.dueKeys() : -1,
        pushes.pushed(),
        fetches.fetched(),
        fetches.refused(),
        transfers.failures(),
        Optional.ofNullable(transfers.lastFailure()));
  }

  /** Sends what is due, for as long as the options say; then lets nothing in any more. */
  @Override
  public void close() {
    // From the last to the first, each whatever the one before it throws.
    try (store;
        local;
        claims;
        acknowledged;
        pace;
        transfers) {
      sendWhatIsDue();
    }
  }

  private void sendWhatIsDue() {
    if (!options.readOnly()
        && !pushes.breaker().open()
        && (pushes.dueKeys() > 0 || !pushes.caughtUp())) {
      flush(options.flushWait().toNanos());
    }
  }
}
