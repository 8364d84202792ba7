package io.warmstart.runtime;

import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/**
 * What happens in the background and concerns the one who runs the process, under the logger {@code
 * io.warmstart}.
 *
 * <p>Nothing here throws: a handler that fails, or memory that has run out, must not end what was
 * about to go on.
 */
public final class EngineLog {
  private static final String NAME = "io.warmstart";

  private EngineLog() {}

  /** Something works less well than it should, or did for a while. */
  public static void warning(String text, @Nullable Throwable cause) {
    log(Level.WARNING, text, cause);
  }

  /** Something works less well than it should, or did for a while. */
  public static void warning(String text) {
    log(Level.WARNING, text, null);
  }

  /** Something is not there that can be done without, or holds from now on. */
  public static void info(String text) {
    log(Level.INFO, text, null);
  }

  /** What is asked for by those alone who look for the reason of something. */
  public static void debug(String text) {
    log(Level.DEBUG, text, null);
  }

  /** Whether {@link #debug} is heard: what is long need not be put together else. */
  public static boolean isDebugging() {
    try {
      return System.getLogger(NAME).isLoggable(Level.DEBUG);
    } catch (Throwable e) {
      return false;
    }
  }

  private static void log(Level level, String text, @Nullable Throwable cause) {
    try {
      // Asked for each time: a static field that could not be filled once would be broken for good.
      System.getLogger(NAME).log(level, text, cause);
    } catch (Throwable e) {
      // There is nobody left to tell.
      return;
    }
  }
}
