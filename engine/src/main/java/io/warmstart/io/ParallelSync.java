package io.warmstart.io;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
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

  private final ExecutorService threads;

  public ParallelSync() {
    this(
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
            }));
  }

  ParallelSync(ExecutorService threads) {
    this.threads = threads;
  }

  /**
   * Begins to sync a file. It must stay open until that has ended.
   *
   * <p>Where there is no thread to be had, it is synced here.
   *
   * @throws IOException if it was synced here, and that has failed
   */
  public Pending begin(FileOps.FileHandle file) throws IOException {
    Pending pending = new Pending(file);
    try {
      threads.execute(pending);
    } catch (RejectedExecutionException e) {
      pending.begun.set(true);
      file.sync();
      pending.done.countDown();
    }
    return pending;
  }

  /** A sync that another thread does, unless it comes too late. */
  public static final class Pending implements Runnable {
    private final FileOps.FileHandle file;
    private final AtomicBoolean begun = new AtomicBoolean();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final CountDownLatch done = new CountDownLatch(1);

    private Pending(FileOps.FileHandle file) {
      this.file = file;
    }

    /** Syncs, unless somebody has begun to. */
    @Override
    public void run() {
      if (!begun.compareAndSet(false, true)) {
        return;
      }
      try {
        file.sync();
      } catch (IOException | RuntimeException | Error e) {
        failure.set(e);
      } finally {
        done.countDown();
      }
    }

    /**
     * Waits for the end, or sees to it that it does not begin: for a file that is not wanted.
     *
     * @return how it failed; null if it did not, or has been told before
     */
    public @Nullable Throwable settle() {
      if (!begun.compareAndSet(false, true)) {
        awaitUninterruptibly(done);
      }
      return failure.getAndSet(null);
    }

    /**
     * Syncs another file meanwhile, and returns when both are done, whether or not they succeeded.
     *
     * <p>Where the other thread has not come to it by then, it is done here: on a busy machine a
     * processor for it may be a long time in coming, longer than the sync takes.
     *
     * @throws IOException the first failure, with the other attached; the files are then lost
     */
    public void with(FileOps.FileHandle second) throws IOException {
      Throwable failed = null;
      try {
        second.sync();
      } catch (IOException | RuntimeException | Error e) {
        failed = e;
      }
      run();
      awaitUninterruptibly(done);
      Throwable other = failure.getAndSet(null);
      if (failed == null) {
        failed = other;
      } else if (other != null) {
        failed.addSuppressed(other);
      }
      if (failed instanceof IOException e) {
        throw e;
      }
      if (failed instanceof RuntimeException e) {
        throw e;
      }
      if (failed instanceof Error e) {
        throw e;
      }
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
