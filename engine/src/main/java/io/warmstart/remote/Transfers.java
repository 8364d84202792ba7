package io.warmstart.remote;

import io.warmstart.model.StoreTrouble.Kind;
import io.warmstart.notice.Notices;
import io.warmstart.pair.StoreFailures;
import io.warmstart.remote.copy.LocalEntries.ClosedException;
import io.warmstart.remote.copy.LocalException;
import io.warmstart.remote.store.DeniedKeyException;
import io.warmstart.remote.store.RefusedException;
import io.warmstart.runtime.DaemonThreads;
import io.warmstart.runtime.ParallelWork;
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
      end(future, false, e, ended);
    }
  }

  /**
   * Has a thread that is idle do something meanwhile, for a caller that does it itself if none has
   * begun it by the time it needs it. One is left to whoever comes next, and may be waited for.
   */
  void aside(Runnable work) {
    if (threads.getActiveCount() >= THREADS - 1 || !threads.getQueue().isEmpty()) {
      return;
    }
    try {
      // What is left when the store closes is run to let those who wait go: nobody waits for this.
      threads.execute(
          () -> {
            if (!closed) {
              work.run();
            }
          });
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      // Closed meanwhile, or no thread can be started.
      return;
    }
  }

  /**
   * Starts a thread if there is none: the last one may have ended for lack of memory, with somebody
   * waiting for what it was to do next.
   */
  void revive() {
    if (threads.getPoolSize() == 0 && !closed) {
      threads.prestartCoreThread();
    }
  }

  private void run(
      CompletableFuture<Boolean> future, Transfer transfer, Breaker breaker, Runnable ended) {
    if (closed) {
      end(future, false, null, ended);
      return;
    }
    boolean result = false;
    Throwable failure = null;
    try {
      result = transfer.run();
    } catch (ClosedException e) {
      failure = e;
    } catch (LocalException e) {
      failure = e;
      failedHere(e);
    } catch (IOException | RuntimeException | Error e) {
      failure = e;
      failed(e, false, breaker);
    } finally {
      end(future, result, failure, ended);
    }
  }

  private static void end(
      CompletableFuture<Boolean> future,
      boolean result,
      @Nullable Throwable failure,
      Runnable ended) {
    try {
      ended.run();
    } finally {
      complete(future, result, failure);
    }
  }

  /**
   * Tells those who wait, also where there is no memory to say of what: then it is false.
   *
   * @param failure null if there was none
   */
  static void complete(
      CompletableFuture<Boolean> future, boolean result, @Nullable Throwable failure) {
    if (failure == null) {
      future.complete(result);
      return;
    }
    try {
      future.completeExceptionally(failure);
    } catch (OutOfMemoryError e) {
      // Needs none, and does nothing if it was completed.
      future.complete(false);
    }
  }

  /**
   * The remote has failed. Throws nothing: it may be a lack of memory that is told, and the thread
   * that tells has others to answer.
   *
   * @param late whether a deadline has passed without an answer
   */
  void failed(Throwable failure, boolean late, Breaker breaker) {
    failures.incrementAndGet();
    // Of one key alone: others go on. What was refused will be refused again: no four more are
    // tried.
    boolean tells =
        failure instanceof DeniedKeyException
            || breaker.failed(late || failure instanceof RefusedException);
    lastFailure = late ? "no answer in time" : described(failure);
    if (tells) {
      tell(failure);
    }
  }

  /** What has failed, also where there is no memory to say it. */
  static String described(Throwable failure) {
    try {
      return StoreFailures.describeWithFile(failure);
    } catch (RuntimeException | Error e) {
      return "cannot be described, perhaps for lack of memory";
    }
  }

  /** Something has failed here, which says nothing against the remote. Throws nothing. */
  void failedHere(LocalException failure) {
    failures.incrementAndGet();
    try {
      lastFailure = "here: " + failure.getMessage();
      notices.troubleAgain(
          Kind.REMOTE,
          "what comes from the remote or goes there failed here: remote="
              + remote
              + ": "
              + failure.getMessage(),
          failure);
    } catch (RuntimeException | Error e) {
      // Those who wait are told that it failed, which matters more.
      return;
    }
  }

  /**
   * Tells the listener and the log, unless what was under way ended with the store. Throws nothing.
   */
  void tell(Throwable failure) {
    if (closed) {
      return;
    }
    try {
      notices.troubleAgain(
          Kind.REMOTE,
          "the remote cannot be used, and is tried again: remote=" + remote + ": " + lastFailure,
          failure);
    } catch (RuntimeException | Error e) {
      // Those who wait are told that it failed, which matters more.
      return;
    }
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

  /**
   * Begins nothing any more, and waits for nothing. Those who wait for what has not begun are let
   * go.
   */
  @Override
  public void close() {
    closed = true;
    ParallelWork.inTurn(threads.shutdownNow(), Runnable::run);
  }
}
