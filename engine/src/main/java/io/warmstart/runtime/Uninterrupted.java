package io.warmstart.runtime;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Runs file operations on a thread that may be interrupted. An interrupt closes the channel that
 * the thread is working on; a save by a thread that is being cancelled must succeed all the same,
 * since it may be the last one. So the step is run again from its beginning, and the interrupt is
 * handed on to the caller afterwards.
 */
public final class Uninterrupted {
  private Uninterrupted() {}

  /** A step that can be run again from its beginning. */
  @FunctionalInterface
  public interface Step<T extends @Nullable Object> {
    T run() throws IOException;
  }

  /** A step that takes long, and cannot be run again. */
  @FunctionalInterface
  public interface LongStep<T, E extends Exception> {
    T run() throws E;
  }

  /**
   * Waits for what others do; an interrupt does not end the wait, and the status is restored after.
   *
   * @param deadlineNanos until when, of {@link System#nanoTime}
   */
  public static <T> T get(Future<T> others, long deadlineNanos)
      throws TimeoutException, ExecutionException {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return others.get(Math.max(0, deadlineNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /**
   * Runs a step that cannot be run again, on a thread of its own: an interrupt of the caller closes
   * none of its channels and ends none of its waits, and is handed on afterwards. Where no thread
   * can be started the caller runs it.
   *
   * @param name of the thread
   */
  @SuppressWarnings("unchecked")
  public static <T, E extends Exception> T apart(String name, LongStep<T, E> step) throws E {
    FutureTask<T> task = new FutureTask<>(step::run);
    try {
      DaemonThreads.named(name).newThread(task).start();
    } catch (OutOfMemoryError e) {
      EngineLog.warning("no thread can be started for " + name, e);
      task.run();
    }
    try {
      return await(task::get);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      // The step throws no other checked ones.
      throw (E) e.getCause();
    }
  }

  /** A wait that an interrupt ends, and that can be begun again. */
  @FunctionalInterface
  public interface Wait<T, E extends Exception> {
    T run() throws InterruptedException, E;
  }

  /** Waits until it is over; an interrupt does not end that, and the status is restored after. */
  public static <T, E extends Exception> T await(Wait<T, E> wait) throws E {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return wait.run();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Runs the step until no interrupt has hit it, and restores the interrupt status after. */
  public static <T extends @Nullable Object> T call(Step<T> step) throws IOException {
    boolean interrupted = Thread.interrupted();
    try {
      while (true) {
        try {
          return step.run();
        } catch (ClosedByInterruptException e) {
          // The status is set at this moment, and would close the next channel too.
          interrupted |= Thread.interrupted();
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
