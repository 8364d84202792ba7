package io.warmstart.runtime;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A daemon thread that does one thing again and again for as long as its owner is open, whatever
 * the application does to the JVM.
 *
 * <p>An application that runs out of memory, catches the error and goes on must not lose a thread
 * of ours by it: whatever a round throws is told, and the next round comes. Nor may an operation
 * fail because there is no thread: {@link #ensureRunning} then says so, and a later call tries
 * again, which starts a thread that has ended all the same, too.
 *
 * <p>Safe for all threads.
 */
public final class BackgroundThread implements AutoCloseable {
  /** A round that fails before it waits must not keep a processor busy. */
  private static final long PAUSE_AFTER_FAILURE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** The JVM prints a line for each thread that it could not start. */
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long UNPARK_MILLIS = 100;

  private final String name;
  private final Runnable round;
  private final Consumer<Throwable> failed;
  private volatile @Nullable Thread thread;
  private volatile boolean closed;

  // Under the monitor.
  private boolean refused;
  private long refusedAtNanos;

  /**
   * Makes one that does not run yet.
   *
   * @param round what to do each time, waiting included: {@link #close} unparks it
   * @param failed is told what a round has thrown, on the thread; may throw itself
   */
  public BackgroundThread(String name, Runnable round, Consumer<Throwable> failed) {
    this.name = name;
    this.round = round;
    this.failed = failed;
  }

  /**
   * Starts the thread unless it runs. Costs a look at two fields if it does.
   *
   * @return whether it runs; if not, no thread could be started
   */
  public boolean ensureRunning() {
    Thread running = thread;
    return (running != null && running.isAlive()) || start();
  }

  private synchronized boolean start() {
    Thread before = thread;
    if (before != null && before.isAlive()) {
      return true;
    }
    if (closed || (refused && System.nanoTime() - refusedAtNanos < RETRY_NANOS)) {
      return false;
    }
    try {
      Thread made = DaemonThreads.named(name).newThread(this::run);
      made.start();
      thread = made;
    } catch (OutOfMemoryError e) {
      if (!refused) {
        EngineLog.warning("no thread can be started for " + name + ", tried again later", e);
      }
      refused = true;
      refusedAtNanos = System.nanoTime();
      return false;
    }
    refused = false;
    if (before != null) {
      EngineLog.warning("the thread " + name + " had ended and was started again");
    }
    return true;
  }

  private void run() {
    while (!closed) {
      // An interrupt would end each wait at once, for good.
      Thread.interrupted();
      try {
        round.run();
      } catch (Throwable e) {
        tell(e);
        if (!closed) {
          LockSupport.parkNanos(PAUSE_AFTER_FAILURE_NANOS);
        }
      }
    }
  }

  /** To tell of an error can fail for the same reason, or by a handler of the application's. */
  private void tell(Throwable error) {
    try {
      failed.accept(error);
    } catch (Throwable again) {
      // The thread goes on, which is what matters.
      return;
    }
  }

  /** Whether {@link #close} was called. */
  public boolean closed() {
    return closed;
  }

  /** Has a round that waits go on. */
  public void wake() {
    LockSupport.unpark(thread);
  }

  /**
   * How a round waits: for so long, or until it is woken. An interrupt ends this wait, and no other
   * one; nor does it meet what the round does next.
   */
  public static void pause(long nanos) {
    LockSupport.parkNanos(nanos);
    Thread.interrupted();
  }

  /** What the thread is doing; NEW if there is none. */
  public Thread.State state() {
    Thread running = thread;
    return running == null ? Thread.State.NEW : running.getState();
  }

  /** Ends the thread after the round that it is in, and returns then. */
  @Override
  public void close() {
    Thread running;
    synchronized (this) {
      closed = true;
      running = thread;
    }
    Uninterrupted.await(
        () -> {
          while (running != null && running.isAlive()) {
            LockSupport.unpark(running);
            running.join(UNPARK_MILLIS);
          }
          return true;
        });
  }
}
