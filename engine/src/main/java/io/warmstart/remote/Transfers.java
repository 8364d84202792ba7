package io.warmstart.remote;

import io.warmstart.io.DaemonThreads;
import io.warmstart.model.StoreTrouble.Kind;
import io.warmstart.notice.Notices;
import io.warmstart.pair.StoreFailures;
import io.warmstart.remote.LocalEntries.ClosedException;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Does what may hang in a remote, by four threads that nobody waits for when the store closes, and
 * keeps account of what failed: it opens a {@link Breaker}, and is told. Safe for all threads.
 */
final class Transfers implements AutoCloseable {
  /** After what has failed, or was replaced meanwhile. */
  static final long AGAIN_AFTER_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /** What is being replaced again and again goes with the next round. */
  static final int MOST_ATTEMPTS = 8;

  private static final int THREADS = 4;
  private static final long IDLE_SECONDS = 10;

  /** What they say of it. */
  private final String remote;

  private final Notices notices;
  private final ThreadPoolExecutor threads;
  private final AtomicLong failures = new AtomicLong();
  private volatile @Nullable String lastFailure;
  private volatile boolean closed;

  Transfers(String remote, Notices notices) {
    this.remote = remote;
    this.notices = notices;
    this.threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            DaemonThreads.named("warmstart-remote-transfer"));
    threads.allowCoreThreadTimeOut(true);
  }

  CompletableFuture<Boolean> submit(Transfer transfer, Breaker breaker) {
    CompletableFuture<Boolean> future = new CompletableFuture<>();
    submit(future, transfer, breaker, () -> {});
    return future;
  }

  /**
   * Has a thread do something that may take long.
   *
   * @param future is given what came of it
   * @param breaker is told if it fails
   * @param ended is run before that
   */
  void submit(
      CompletableFuture<Boolean> future, Transfer transfer, Breaker breaker, Runnable ended) {
    try {
      threads.execute(() -> run(future, transfer, breaker, ended));
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      // Closed meanwhile, or no thread can be started: as if it did not answer.
      ended.run();
      future.completeExceptionally(e);
    }
  }

  private void run(
      CompletableFuture<Boolean> future, Transfer transfer, Breaker breaker, Runnable ended) {
    try {
      boolean result = transfer.run();
      ended.run();
      future.complete(result);
    } catch (LocalException e) {
      failedHere(e);
      ended.run();
      future.completeExceptionally(e);
    } catch (IOException | RuntimeException | Error e) {
      failed(e, false, breaker);
      ended.run();
      future.completeExceptionally(e);
    }
  }

  /**
   * The remote has failed.
   *
   * @param late whether a deadline has passed without an answer
   */
  void failed(Throwable failure, boolean late, Breaker breaker) {
    failures.incrementAndGet();
    lastFailure = late ? "no answer in time" : StoreFailures.describeWithFile(failure);
    if (failure instanceof DeniedKeyException) {
      // Of one key alone: others go on.
      tell(failure);
      return;
    }
    // What was refused will be refused again: no four more are tried.
    if (breaker.failed(late || failure instanceof RefusedException)) {
      tell(failure);
    }
  }

  /** Something has failed here, which says nothing against the remote. */
  void failedHere(LocalException failure) {
    if (failure instanceof ClosedException) {
      return;
    }
    failures.incrementAndGet();
    lastFailure = "here: " + failure.getMessage();
    notices.troubleAgain(
        Kind.REMOTE,
        "what comes from the remote or goes there failed here: remote="
            + remote
            + ": "
            + failure.getMessage(),
        failure);
  }

  /** Tells the listener and the log, unless what was under way ended with the store. */
  void tell(Throwable failure) {
    if (closed) {
      return;
    }
    notices.troubleAgain(
        Kind.REMOTE,
        "the remote cannot be used, and is tried again: remote=" + remote + ": " + lastFailure,
        failure);
  }

  long failures() {
    return failures.get();
  }

  /** The last one; null if there was none. */
  @Nullable String lastFailure() {
    return lastFailure;
  }

  boolean closed() {
    return closed;
  }

  /** Begins nothing any more, and waits for nothing. */
  @Override
  public void close() {
    closed = true;
    threads.shutdownNow();
  }
}
