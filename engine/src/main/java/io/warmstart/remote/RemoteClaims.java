package io.warmstart.remote;

import io.warmstart.claim.OtherMachines;
import io.warmstart.format.ClaimRecord;
import io.warmstart.io.Uninterrupted;
import io.warmstart.model.ClaimOptions;
import io.warmstart.model.ClaimUnavailableException;
import io.warmstart.model.Digest256;
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
import java.util.function.Consumer;
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

  /** What this build cannot read: its holder may be a later one. */
  private static final ClaimRecord UNREADABLE =
      new ClaimRecord("", "", true, TimeUnit.MINUTES.toMillis(5), "", 0);

  private final ObjectStore store;
  private final long deadlineNanos;
  private final Consumer<Digest256> fetch;
  private final LongSupplier nanoTime;
  private final Breaker breaker = new Breaker();
  private final ScheduledThreadPoolExecutor threads;

  /** What others were found to hold, and since when. */
  private final Map<Digest256, Seen> seen = new ConcurrentHashMap<>();

  /** Whether this remote was seen to refuse a second object of a name. */
  private volatile boolean conditional;

  private volatile String lastFailure = "";

  private record Seen(long number, ClaimRecord record, long sinceNanos) {}

  /**
   * Makes one that has claimed nothing.
   *
   * @param deadlineNanos how long a caller waits at most
   * @param fetch has come here what there is of a key
   */
  RemoteClaims(
      ObjectStore store, long deadlineNanos, Consumer<Digest256> fetch, LongSupplier nanoTime) {
    this.store = store;
    this.deadlineNanos = deadlineNanos;
    this.fetch = fetch;
    this.nanoTime = nanoTime;
    this.threads = new ScheduledThreadPoolExecutor(THREADS, RemoteClaims::thread);
    threads.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
    threads.allowCoreThreadTimeOut(true);
    threads.setRemoveOnCancelPolicy(true);
  }

  private static Thread thread(Runnable work) {
    Thread thread = new Thread(null, work, "warmstart-remote-claims", 0, false);
    thread.setDaemon(true);
    thread.setContextClassLoader(RemoteClaims.class.getClassLoader());
    return thread;
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
    Hold taken = await(key, claimer, leaseNanos);
    // The holder before has sent its final result before it gave the key back.
    fetch.accept(key);
    return taken;
  }

  private @Nullable Hold await(Digest256 key, String claimer, long leaseNanos) throws IOException {
    CompletableFuture<Optional<RemoteHold>> answer = new CompletableFuture<>();
    try {
      threads.execute(() -> take(key, claimer, leaseNanos, answer));
      return Uninterrupted.get(answer, System.nanoTime() + deadlineNanos).orElse(null);
    } catch (TimeoutException e) {
      answer.completeExceptionally(e);
      lastFailure = "no answer in time: remote=" + store.name();
      breaker.failed(true);
      throw new IOException(lastFailure, e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ClaimUnavailableException unavailable) {
        throw unavailable;
      }
      throw new IOException("the remote cannot be asked: " + lastFailure, e.getCause());
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      throw new IOException("no thread can be started: remote=" + store.name(), e);
    }
  }

  private void take(
      Digest256 key,
      String claimer,
      long leaseNanos,
      CompletableFuture<Optional<RemoteHold>> answer) {
    try {
      Optional<RemoteHold> taken = Optional.ofNullable(take(key, claimer, leaseNanos));
      breaker.succeeded();
      if (!answer.complete(taken)) {
        // Nobody waits for it any more.
        taken.ifPresent(RemoteHold::end);
      }
    } catch (IOException | RuntimeException | Error e) {
      if (!(e instanceof ClaimUnavailableException)) {
        lastFailure = e.getMessage() + " remote=" + store.name();
        breaker.failed(e instanceof RefusedException);
      }
      answer.completeExceptionally(e);
    }
  }

  private @Nullable RemoteHold take(Digest256 key, String claimer, long leaseNanos)
      throws IOException {
    ClaimChain chain = new ClaimChain(store, key);
    SortedSet<Long> numbers = chain.numbers();
    long last = numbers.isEmpty() ? 0 : numbers.last();
    if (last != 0 && isOthers(key, claimer, last, chain)) {
      return null;
    }
    seen.remove(key);
    RemoteHold taken =
        new RemoteHold(chain, last, recordOf(claimer, leaseNanos), threads, nanoTime);
    if (!taken.begin()) {
      return null;
    }
    requireConditions(taken);
    taken.keep(numbers);
    return taken;
  }

  /** Whether another holds it, as far as this store has seen. */
  private boolean isOthers(Digest256 key, String claimer, long last, ClaimChain chain)
      throws IOException {
    Seen before = seen.get(key);
    if (before == null || before.number != last) {
      before = new Seen(last, UNREADABLE, nanoTime.getAsLong());
    }
    ClaimRecord record = before.record;
    if (record.equals(UNREADABLE)) {
      record = Objects.requireNonNullElse(chain.read(last), UNREADABLE);
    }
    // The caller has the lock of its sharers: what one of them holds here it does not want any
    // more,
    // or it is dead.
    if (!record.held() || record.claimer().equals(claimer)) {
      return false;
    }
    if (seen.size() >= MOST_SEEN) {
      seen.clear();
    }
    seen.put(key, new Seen(last, record, before.sinceNanos));
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
    if (taken.isOverwritten()) {
      taken.end();
      throw new ClaimUnavailableException(
          "nothing was claimed: this remote ignores conditions (If-None-Match), so that no claim"
              + " keeps others out: remote="
              + store.name());
    }
    conditional = true;
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
