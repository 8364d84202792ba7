package io.warmstart.runtime;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * One thread on which what belongs to callers runs, in order; it goes when there is nothing to do.
 * Safe for all threads.
 */
public final class CallbackThread {
  private static final long KEEP_SECONDS = 5;

  private final ThreadPoolExecutor executor;

  /**
   * Starts no thread yet.
   *
   * @param mostWaiting what is handed in beyond that is refused
   */
  public CallbackThread(String name, int mostWaiting) {
    executor =
        new ThreadPoolExecutor(
            1,
            1,
            KEEP_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(mostWaiting),
            task -> {
              Thread made = new Thread(null, task, name, 0, false);
              made.setDaemon(true);
              return made;
            });
    executor.allowCoreThreadTimeOut(true);
  }

  /** Says whether more is to be expected: if not, the thread goes as soon as nothing waits. */
  public void expectMore(boolean more) {
    executor.setKeepAliveTime(
        more ? KEEP_SECONDS : 1, more ? TimeUnit.SECONDS : TimeUnit.NANOSECONDS);
  }

  /**
   * Runs something there.
   *
   * @throws java.util.concurrent.RejectedExecutionException if too much waits
   */
  public void execute(Runnable callback) {
    executor.execute(callback);
  }
}
