package io.warmstart.payload;

import io.warmstart.io.EngineLog;
import io.warmstart.model.StoreException;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Whether Chronicle's bytes can be used. Its classes are loaded when a caller first wants a payload
 * as those, which costs a JVM some tenths of a second: payloads themselves lie in memory of our
 * own.
 *
 * <p>Chronicle starts a thread in a static initialiser. Where no thread can be had then, its
 * classes are unusable for the life of the JVM. So its first use waits until a thread of ours could
 * be started.
 *
 * <p>Safe for all threads.
 */
final class ChronicleBytes {
  private static final String STARTS_A_THREAD =
      "net.openhft.chronicle.core.io.BackgroundResourceReleaser";

  /** The JVM prints a line for each thread that it could not start. */
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

  /**
   * Chronicle warns once, through this logger, that it cannot free foreign direct buffers without
   * one more JVM flag. We hand it none: what we map we unmap ourselves. The strong reference keeps
   * the setting.
   */
  private static final Logger CLEANER_LOG =
      Logger.getLogger(
          "net.openhft.chronicle.core.internal.cleaner.ReflectionBasedByteBufferCleanerService");

  static {
    CLEANER_LOG.setLevel(Level.OFF);
  }

  private static volatile boolean usable;

  // Under the monitor of the class.
  private static boolean refused;
  private static long refusedAtNanos;

  private ChronicleBytes() {}

  /**
   * Lets the caller use them.
   *
   * @throws OutOfMemoryError if there is no thread for them now; later there may be
   */
  static void require() {
    if (!usable && !initialise()) {
      throw new OutOfMemoryError("no thread can be had for Chronicle's bytes");
    }
  }

  /** What to tell where their classes fail for another reason: the JVM denies what they do. */
  static StoreException refused(Throwable cause) {
    return new StoreException(
        "Chronicle's bytes cannot be used, as the JVM denies them sun.misc.Unsafe; the flag"
            + " --sun-misc-unsafe-memory-access=allow lets them, and Entry's payload(), buffer() and"
            + " stream() do without",
        cause);
  }

  private static synchronized boolean initialise() {
    if (usable || (refused && System.nanoTime() - refusedAtNanos < RETRY_NANOS)) {
      return usable;
    }
    try {
      Thread probe = new Thread(null, () -> {}, "warmstart-probe", 0, false);
      probe.setDaemon(true);
      probe.start();
      Class.forName(STARTS_A_THREAD, true, ChronicleBytes.class.getClassLoader());
      usable = true;
    } catch (OutOfMemoryError | LinkageError | ClassNotFoundException e) {
      if (!refused) {
        EngineLog.warning("no thread can be had for Chronicle's bytes, tried again later", e);
      }
      refused = true;
      refusedAtNanos = System.nanoTime();
    }
    return usable;
  }
}
