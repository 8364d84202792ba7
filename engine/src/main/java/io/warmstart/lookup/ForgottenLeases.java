package io.warmstart.lookup;

import io.warmstart.runtime.EngineLog;
import java.lang.ref.Cleaner;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Finds out which entries were forgotten without being closed.
 *
 * <p>That takes a thread, which the JDK's cleaner starts when it is made. Made by a static
 * initialiser, one that fails where there are no threads left, it would leave the class unusable
 * for the life of the JVM; so it is made by the first lookup that can. An entry that is handed out
 * before then, and forgotten, keeps its payload in memory.
 *
 * <p>Safe for all threads.
 */
public final class ForgottenLeases {
  /** The JVM prints a line for each thread that it could not start. */
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static volatile @Nullable Cleaner cleaner;

  // Under the monitor of the class.
  private static boolean refused;
  private static long refusedAtNanos;

  private ForgottenLeases() {}

  /**
   * Has an action run once an entry is unreachable.
   *
   * @return null if that cannot be watched now
   */
  public static Cleaner.@Nullable Cleanable watch(Object entry, Runnable forgotten) {
    Cleaner made = cleaner;
    if (made == null) {
      made = make();
    }
    return made == null ? null : made.register(entry, forgotten);
  }

  private static synchronized @Nullable Cleaner make() {
    if (cleaner == null && !(refused && System.nanoTime() - refusedAtNanos < RETRY_NANOS)) {
      try {
        cleaner = Cleaner.create();
        refused = false;
      } catch (OutOfMemoryError e) {
        if (!refused) {
          EngineLog.warning(
              "no thread can be started to find forgotten entries, tried again later", e);
        }
        refused = true;
        refusedAtNanos = System.nanoTime();
      }
    }
    return cleaner;
  }
}
