package io.warmstart.remote;

import io.warmstart.claim.OtherMachines;
import io.warmstart.format.ClaimRecord;
import io.warmstart.model.ClaimOptions;
import io.warmstart.model.ClaimUnavailableException;
import io.warmstart.model.Digest256;
import io.warmstart.remote.store.DeniedKeyException;
import io.warmstart.remote.store.ObjectStore;
import io.warmstart.remote.store.RefusedException;
import io.warmstart.runtime.DaemonThreads;
import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The claims of one store in its remote.
 *
 * <p>A claim lasts for its lease after its last sign of life, and is renewed each third of that. No
 * two clocks are compared: a holder counts from before it has written the sign, another store that
 * wants the key from when it has first seen that. So a holder knows that its claim has lapsed
 * before another has it, unless it stands still at that moment.
 *
 * <p>All that may hang is done by threads of its own, which end when they are idle. Safe for all
 * threads.
 */
final class RemoteClaims implements OtherMachines, AutoCloseable {
  private static final int THREADS = 4;
  private static final long IDLE_SECONDS = 10;
  private static final int MOST_SEEN = 1 << 16;

  /** How long a caller waits for the end of a claim. If it does not come the claim lapses. */
  private static final long MOST_FOR_END_NANOS = TimeUnit.SECONDS.toNanos(2);

  private static final long HANGS_FOR_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** What this build cannot read: its holder may be a later one. */
  private static final ClaimRecord UNREADABLE =
      new ClaimRecord("", "", true, TimeUnit.MINUTES.toMillis(5), "", 0);

  private final ObjectStore store;
  private final long deadlineNanos;
  private final Entries entries;
  private final LongSupplier nanoTime;
  private final Breaker breaker = new Breaker();
  private final ScheduledThreadPoolExecutor threads;

  /** What others were found to hold, and since when. */
  private final Map<Digest256, Seen> seen = new ConcurrentHashMap<>();

  /** Whether this remote was seen to refuse a second object of a name. */
  private volatile boolean conditional;

  private volatile String lastFailure = "";

  /**
   * When it was last waited for in vain, of {@link System#nanoTime}; 0 if it has answered since.
   */
  private volatile long hungAtNanos;

  private record Seen(long number, ClaimRecord record, long sinceNanos) {}

  /** The entries of a key that is claimed. */
  interface Entries {
    /**
     * Has come here what there is of a key.
     *
     * @throws IOException if it has not come in time
     */
    void fetch(Digest256 key) throws IOException;

    /** Sends what was saved to a key, if it has not gone yet; waits for that for a while. */
    void send(Digest256 key);
  }

  /**
   * Makes one that has claimed nothing.
   *
   * @param deadlineNanos how long a caller waits at most
   */
  RemoteClaims(ObjectStore store, long deadlineNanos, Entries entries, LongSupplier nanoTime) {
    this.store = store;
    this.deadlineNanos = deadlineNanos;
    this.entries = entries;
    this.nanoTime = nanoTime;
    this.threads =
        new ScheduledThreadPoolExecutor(THREADS, DaemonThreads.named("warmstart-remote-claims"));
    threads.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
    threads.allowCoreThreadTimeOut(true);
    threads.setRemoveOnCancelPolicy(true);
  }

  @Override
  public Optional<String> holder(Digest256 key) {
    Seen by = seen.get(key);
    return by == null || by.record.equals(UNREADABLE)
        ? Optional.empty()
        : Optional.of("process " + by.record.pid() + " of " + by.record.host());
  }

  @Override
  public @Nullable Hold tryTake(Digest256 key, String claimer, long leaseNanos) throws IOException {
    if (!breaker.allows()) {
      throw new IOException("the remote does not answer: " + lastFailure);
    }
    RemoteHold taken = await(key, claimer, leaseNanos);
    boolean whole = false;
    try {
      // What the holder before has saved it has sent before it gave the key back.
      entries.fetch(key);
      whole = true;
    } catch (IOException e) {
      if (taken != null) {
        throw e;
      }
      // Another has it, whatever there is.
    } finally {
      if (taken != null && !whole) {
        taken.giveBack();
      }
    }
    return taken;
  }

  private @Nullable RemoteHold await(Digest256 key, String claimer, long leaseNanos)
      throws IOException {
    CompletableFuture<Optional<RemoteHold>> answer = new CompletableFuture<>();
    try {
      threads.execute(() -> take(key, claimer, leaseNanos, answer));
      return await(answer, System.nanoTime() + deadlineNanos).orElse(null);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ClaimUnavailableException unavailable) {
        throw unavailable;
      }
      throw new IOException("the remote cannot be asked: " + lastFailure, e.getCause());
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      throw new IOException("no thread can be started: remote=" + store.name(), e);
    }
  }

  private Optional<RemoteHold> await(
      CompletableFuture<Optional<RemoteHold>> answer, long untilNanos)
      throws IOException, ExecutionException {
    while (true) {
      try {
        return Uninterrupted.get(answer, untilNanos);
      } catch (TimeoutException e) {
        // Unless it comes at this moment.
        if (answer.completeExceptionally(e)) {
          lastFailure = "no answer in time: remote=" + store.name();
          breaker.failed(true);
          throw new IOException(lastFailure, e);
        }
      }
    }
  }

  private void take(
      Digest256 key,
      String claimer,
      long leaseNanos,
      CompletableFuture<Optional<RemoteHold>> answer) {
    RemoteHold taken = null;
    boolean handedOver = false;
    try {
      taken = take(key, claimer, leaseNanos, answer::isDone);
      breaker.succeeded();
      handedOver = answer.complete(Optional.ofNullable(taken));
    } catch (IOException | RuntimeException | Error e) {
      failed(e, answer);
    } finally {
      if (taken != null && !handedOver) {
        // Nobody waits for it any more.
        taken.end();
      }
    }
  }

  private void failed(Throwable failure, CompletableFuture<Optional<RemoteHold>> answer) {
    try {
      if (!(failure instanceof ClaimUnavailableException)) {
        if (!(failure instanceof DeniedKeyException)) {
          breaker.failed(failure instanceof RefusedException);
        }
        lastFailure = Transfers.described(failure) + " remote=" + store.name();
      }
    } finally {
      try {
        answer.completeExceptionally(failure);
      } finally {
        // Where there is no memory to say why, nothing is granted all the same.
        answer.complete(Optional.empty());
      }
    }
  }

  /**
   * Takes it.
   *
   * @param leftAlone whether nobody waits for it any more: then the caller's lock may be another's,
   *     which what is held in the remote says nothing of
   */
  private @Nullable RemoteHold take(
      Digest256 key, String claimer, long leaseNanos, BooleanSupplier leftAlone)
      throws IOException {
    if (leftAlone.getAsBoolean()) {
      return null;
    }
    ClaimChain chain = new ClaimChain(store, key);
    SortedSet<Long> numbers = chain.numbers();
    long last = numbers.isEmpty() ? 0 : numbers.last();
    if ((last != 0 && isOthers(key, claimer, last, chain)) || leftAlone.getAsBoolean()) {
      return null;
    }
    seen.remove(key);
    RemoteHold taken =
        new RemoteHold(
            chain,
            last,
            recordOf(claimer, leaseNanos),
            threads,
            nanoTime,
            hold -> giveBack(key, hold));
    boolean failed = true;
    try {
      boolean had = taken.begin();
      if (had) {
        requireConditions(taken);
        taken.keep(numbers);
      }
      failed = false;
      return had ? taken : null;
    } finally {
      if (failed) {
        // It may have been made without an answer.
        taken.end();
      }
    }
  }

  /** Whether another holds it, as far as this store has seen. */
  private boolean isOthers(Digest256 key, String claimer, long last, ClaimChain chain)
      throws IOException {
    ClaimRecord record = Objects.requireNonNullElse(chain.read(last), UNREADABLE);
    // The caller has the lock of its sharers: if one of them holds it here, it has died, or has
    // given up before it knew.
    if (!record.held() || record.claimer().equals(claimer)) {
      return false;
    }
    Seen before = seen.get(key);
    if (before == null || before.number != last || !before.record.equals(record)) {
      before = new Seen(last, record, nanoTime.getAsLong());
      if (seen.size() >= MOST_SEEN) {
        seen.clear();
      }
      seen.put(key, before);
    }
    long millis = Math.min(record.leaseMillis(), ClaimOptions.LONGEST_LEASE.toMillis());
    return nanoTime.getAsLong() - before.sinceNanos < TimeUnit.MILLISECONDS.toNanos(millis);
  }

  private ClaimRecord recordOf(String claimer, long leaseNanos) {
    return new ClaimRecord(
        claimer,
        UUID.randomUUID().toString(),
        true,
        TimeUnit.NANOSECONDS.toMillis(leaseNanos),
        hostName(),
        ProcessHandle.current().pid());
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "";
    }
  }

  /** Once: a server that ignores conditions grants everything to everybody. */
  private void requireConditions(RemoteHold taken) throws IOException {
    if (conditional) {
      return;
    }
    if (taken.isHeld() && taken.isOverwritten()) {
      throw new ClaimUnavailableException(
          "nothing was claimed: this remote ignores conditions (If-None-Match), so that no claim"
              + " keeps others out: remote="
              + store.name());
    }
    conditional = true;
  }

  /** Whether nothing is being done; for tests. */
  boolean isIdle() {
    return threads.getActiveCount() == 0;
  }

  /**
   * Gives back a claim for a caller, who waits, but not again and again for a remote that hangs.
   */
  private void giveBack(Digest256 key, RemoteHold taken) {
    boolean hangs = hungAtNanos != 0 && System.nanoTime() - hungAtNanos < HANGS_FOR_NANOS;
    if (!hangs) {
      entries.send(key);
    }
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    try {
      threads.execute(
          () -> {
            try {
              taken.end();
            } finally {
              hungAtNanos = 0;
              done.complete(true);
            }
          });
      if (!hangs) {
        Uninterrupted.get(done, System.nanoTime() + MOST_FOR_END_NANOS);
      }
    } catch (TimeoutException e) {
      hungAtNanos = System.nanoTime();
      taken.lapses(e);
    } catch (ExecutionException | RejectedExecutionException | OutOfMemoryError e) {
      taken.lapses(e);
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
