package io.warmstart.payload;

import io.warmstart.model.StoreException;
import io.warmstart.runtime.EngineLog;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Whether Chronicle's bytes can be used. Its classes are loaded when a caller first wants a payload
 * as those, which costs a JVM some tenths of a second: payloads themselves lie in memory of our
 * own.
 *
 * <p>Chronicle starts a thread in a static initialiser. Where no thread can be started then, its
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

  /** What made a class of theirs fail, which it does for the life of the JVM; null if none has. */
  private static @Nullable String broken;

  /** What there was no room for when they were tried last, at {@link #refusedAtNanos}. */
  private static @Nullable String refused;

  private static long refusedAtNanos;

  private ChronicleBytes() {}

  /**
   * Lets the caller use them.
   *
   * @throws OutOfMemoryError if there is no thread or memory for them now; later there may be
   * @throws StoreException if one of their classes cannot be used in this JVM
   */
  static void require() {
    if (!usable) {
      initialise();
    }
  }

  /** What to tell where their classes fail. */
  static synchronized StoreException broken(Throwable failure) {
    String reason = broken;
    if (reason == null) {
      // The first time it is told; from then on, that the class cannot be used.
      Throwable root = failure;
      while (root.getCause() != null) {
        root = root.getCause();
      }
      reason =
          root instanceof UnsupportedOperationException
              ? "the JVM denies them sun.misc.Unsafe; the flag"
                  + " --sun-misc-unsafe-memory-access=allow lets them"
              : "their classes fail in this JVM: " + root;
      broken = reason;
    }
    return new StoreException(
        "Chronicle's bytes cannot be used, as "
            + reason
            + "; Entry's payload(), buffer() and stream() do without them",
        failure);
  }

  private static synchronized void initialise() {
    if (usable) {
      return;
    }
    if (refused != null && System.nanoTime() - refusedAtNanos < RETRY_NANOS) {
      throw new OutOfMemoryError(refused);
    }
    try {
      Thread probe = new Thread(null, () -> {}, "warmstart-probe", 0, false);
      probe.setDaemon(true);
      probe.start();
      Class.forName(STARTS_A_THREAD, true, ChronicleBytes.class.getClassLoader());
      usable = true;
    } catch (OutOfMemoryError e) {
      if (refused == null) {
        EngineLog.warning("no thread or memory for Chronicle's bytes, tried again later", e);
      }
      refused = "no thread or memory now for Chronicle's bytes: " + e.getMessage();
      refusedAtNanos = System.nanoTime();
      throw new OutOfMemoryError(refused);
    } catch (LinkageError | ClassNotFoundException e) {
      throw broken(e);
    }
  }
}
