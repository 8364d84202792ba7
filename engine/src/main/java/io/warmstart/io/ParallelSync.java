package io.warmstart.io;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Syncs two files at once: a journalling file system commits both in one transaction, and the
 * device flushes once, where one sync after the other would pay for two.
 *
 * <p>Safe for all threads. Its own threads are daemons and go away when idle.
 */
public final class ParallelSync implements AutoCloseable {
  private static final int MOST_THREADS = 64;

  private final ThreadPoolExecutor threads;

  public ParallelSync() {
    threads =
        new ThreadPoolExecutor(
            0,
            MOST_THREADS,
            30,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            task -> {
              Thread thread = new Thread(task, "warmstart-sync");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Syncs both, and returns when both are done, whether or not they succeeded.
   *
   * @throws IOException the first failure, with the other attached; the files are then lost
   */
  public void both(FileOps.FileHandle first, FileOps.FileHandle second) throws IOException {
    AtomicReference<@Nullable Throwable> firstFailure = new AtomicReference<>();
    CountDownLatch firstDone = new CountDownLatch(1);
    try {
      threads.execute(
          () -> {
            try {
              first.sync();
            } catch (IOException | RuntimeException | Error e) {
              firstFailure.set(e);
            } finally {
              firstDone.countDown();
            }
          });
    } catch (RejectedExecutionException e) {
      first.sync();
      second.sync();
      return;
    }
    Throwable failure = null;
    try {
      second.sync();
    } catch (IOException | RuntimeException | Error e) {
      failure = e;
    }
    awaitUninterruptibly(firstDone);
    Throwable other = firstFailure.get();
    if (failure == null) {
      failure = other;
    } else if (other != null) {
      failure.addSuppressed(other);
    }
    if (failure instanceof IOException e) {
      throw e;
    }
    if (failure instanceof RuntimeException e) {
      throw e;
    }
    if (failure instanceof Error e) {
      throw e;
    }
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    boolean interrupted = false;
    while (true) {
      try {
        latch.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
