package io.warmstart.payload;

import io.warmstart.io.EngineLog;
import java.util.concurrent.TimeUnit;

/**
 * Whether Chronicle's native stores can be used.
 *
 * <p>Chronicle starts a thread in a static initialiser. Where no thread can be had then, its
 * classes are unusable for the life of the JVM. So its first use waits until a thread of ours could
 * be started; until then payloads are mapped.
 *
 * <p>Safe for all threads.
 */
final class NativeStores {
  private static final String STARTS_A_THREAD =
      "net.openhft.chronicle.core.io.BackgroundResourceReleaser";

  /** The JVM prints a line for each thread that it could not start. */
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static volatile boolean usable;

  // Under the monitor of the class.
  private static boolean refused;
  private static long refusedAtNanos;

  private NativeStores() {}

  static boolean areUsable() {
    return usable || initialise();
  }

  /**
   * Lets the caller use them.
   *
   * @throws OutOfMemoryError if there is no thread for them now; later there may be
   */
  static void require() {
    if (!areUsable()) {
      throw new OutOfMemoryError("no thread can be had for Chronicle's native stores");
    }
  }

  private static synchronized boolean initialise() {
    if (usable || (refused && System.nanoTime() - refusedAtNanos < RETRY_NANOS)) {
      return usable;
    }
    try {
      Thread probe = new Thread(null, () -> {}, "warmstart-probe", 0, false);
      probe.setDaemon(true);
      probe.start();
      Class.forName(STARTS_A_THREAD, true, NativeStores.class.getClassLoader());
      usable = true;
    } catch (OutOfMemoryError | LinkageError | ClassNotFoundException e) {
      if (!refused) {
        EngineLog.warning("no thread can be had for native stores, payloads are mapped", e);
      }
      refused = true;
      refusedAtNanos = System.nanoTime();
    }
    return usable;
  }
}
