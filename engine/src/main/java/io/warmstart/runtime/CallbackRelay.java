package io.warmstart.runtime;

import java.util.LinkedList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Threads on which what belongs to callers runs, in order and one after the other; they go when
 * there is nothing to do.
 *
 * <p>One thread does it all as long as each callback returns. One that waits may wait for what
 * stands behind it: then a second thread, which stands by while anything is behind a callback,
 * takes the turn, and the first ends with its callback. So it is with one that computes for
 * seconds.
 *
 * <p>Where all the threads that there may be are in callbacks, one more stands by: it says so, and
 * goes on once one of them ends.
 *
 * <p>Safe for all threads.
 */
public final class CallbackRelay implements AutoCloseable {
  private static final long KEEP_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** How long a callback may wait; a short wait for a lock costs nobody the order. */
  private static final long MOST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** How long it may take otherwise: what it does may be a read from a server that is gone. */
  private static final long MOST_WORK_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** With all that are in callbacks; when all wait, what is behind them waits too. */
  public static final int MOST_THREADS = 64;

  private final String name;
  private final Runnable allStuck;

  // Under the monitor, in which who has the turn waits.
  /** No array, which would be empty after it has found no memory to grow in. */
  @SuppressWarnings("JdkObsolete")
  private final LinkedList<Runnable> waiting = new LinkedList<>();

  /** Takes the callbacks; null if no thread does. */
  private @Nullable Thread turn;

  /** Whether that is in a callback, and since when. */
  private boolean busy;

  private long busySinceNanos;

  /** Whether a thread stands by. */
  private boolean relief;

  private int threads;
  private boolean closed;

  /**
   * Starts no thread yet.
   *
   * @param allStuck is called again and again while no thread is left for what waits
   */
  public CallbackRelay(String name, Runnable allStuck) {
    this.name = name;
    this.allStuck = allStuck;
  }

  /**
   * Runs something there.
   *
   * @throws OutOfMemoryError if no thread does any of it, and none can be started: nor does any do
   *     this
   */
  public synchronized void execute(Runnable callback) {
    waiting.add(callback);
    if (turn == null) {
      boolean started = false;
      try {
        Thread first = DaemonThreads.named(name).newThread(this::work);
        turn = first;
        first.start();
        started = true;
        threads++;
      } finally {
        if (!started) {
          turn = null;
          waiting.removeLast();
        }
      }
    } else if (busy) {
      ensureRelief();
    } else {
      notifyAll();
    }
  }

  /** Where none can be started, the next callback that is handed in or begins tries again. */
  private void ensureRelief() {
    if (!relief && threads <= MOST_THREADS) {
      try {
        DaemonThreads.named(name).newThread(this::standBy).start();
        relief = true;
        threads++;
      } catch (OutOfMemoryError e) {
        EngineLog.warning("no thread can be started for " + name + ", tried again later", e);
      }
    }
  }

  private void work() {
    for (Runnable next = take(); next != null; next = take()) {
      // What the callback before has left is not for this one.
      Thread.interrupted();
      try {
        next.run();
      } catch (Throwable e) {
        tell(e);
      }
    }
  }

  private static void tell(Throwable error) {
    try {
      EngineLog.warning("a callback has failed", error);
    } catch (Throwable again) {
      // The thread goes on, which is what matters.
      return;
    }
  }

  /** The next; null if this thread is to end. */
  private synchronized @Nullable Runnable take() {
    if (turn != Thread.currentThread()) {
      threads--;
      if (busy && !waiting.isEmpty()) {
        // There may have been too many for one.
        ensureRelief();
      }
      return null;
    }
    busy = false;
    long idleSince = System.nanoTime();
    while (waiting.isEmpty()) {
      long left = KEEP_NANOS - (System.nanoTime() - idleSince);
      if (left <= 0 || closed) {
        turn = null;
        threads--;
        return null;
      }
      try {
        TimeUnit.NANOSECONDS.timedWait(this, left);
      } catch (InterruptedException e) {
        // A callback's, or a stranger's; to look again harms nobody.
        Thread.interrupted();
      }
    }
    if (waiting.size() > 1) {
      ensureRelief();
    }
    busy = true;
    busySinceNanos = System.nanoTime();
    return waiting.remove();
  }

  /** Until nothing has been behind a callback for a while, or somebody has to go on. */
  private void standBy() {
    long neededAtNanos = System.nanoTime();
    boolean takesOver = false;
    while (!takesOver) {
      boolean noneIsLeft = false;
      BackgroundThread.pause(MOST_WAIT_NANOS);
      synchronized (this) {
        long now = System.nanoTime();
        if (busy && !waiting.isEmpty()) {
          neededAtNanos = now;
          // This one is among them.
          boolean mayTakeOver = threads <= MOST_THREADS;
          takesOver = mayTakeOver && isStuck(now - busySinceNanos);
          noneIsLeft = !mayTakeOver && now - busySinceNanos >= MOST_WORK_NANOS;
        } else if (closed || now - neededAtNanos >= KEEP_NANOS) {
          relief = false;
          threads--;
          return;
        }
        if (takesOver) {
          relief = false;
          turn = Thread.currentThread();
        }
      }
      if (noneIsLeft) {
        tellAllStuck();
      }
    }
    work();
  }

  private void tellAllStuck() {
    try {
      allStuck.run();
    } catch (Throwable e) {
      // For lack of memory, or by a handler of the application's: it is called again.
      return;
    }
  }

  /**
   * From now on no thread waits for something to do. What is handed in all the same runs, and so
   * does all that waits.
   */
  @Override
  public synchronized void close() {
    closed = true;
    notifyAll();
  }

  private boolean isStuck(long forNanos) {
    Thread inCallback = turn;
    return forNanos >= MOST_WORK_NANOS
        || (forNanos >= MOST_WAIT_NANOS
            && inCallback != null
            && inCallback.getState() != Thread.State.RUNNABLE);
  }
}
