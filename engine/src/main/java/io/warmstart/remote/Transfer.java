package io.warmstart.remote;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What may hang in a remote, and is done by a thread that is not waited for. */
@FunctionalInterface
interface Transfer {
  /** Does it; returns what its caller wants to know. */
  boolean run() throws IOException;

  /**
   * Waits for what came of one, whether or not the thread is interrupted: it finds that out
   * afterwards.
   *
   * @param deadlineNanos of {@link System#nanoTime}
   */
  static boolean await(CompletableFuture<Boolean> answer, long deadlineNanos)
      throws TimeoutException, ExecutionException {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return answer.get(Math.max(0, deadlineNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
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
}
