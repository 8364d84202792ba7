package io.warmstart.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A command that is run with the streams of this process, once. When this process is told to end,
 * it is told too, and waited for.
 */
final class ChildCommand {
  /** A terminal tells both, and it should end as if it were alone. */
  private static final long BY_ITSELF_SECONDS = 1;

  private final List<String> words;

  // Under the monitor.
  private @Nullable Process process;
  private boolean ending;

  ChildCommand(List<String> words) {
    this.words = words;
  }

  /** {@return its exit code; 128 and the signal's number if it died by one} */
  int run() throws InterruptedException {
    Thread hook = new Thread(this::end, "warmstart-child");
    // Before it is there: no signal may come in between.
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      return start().waitFor();
    } finally {
      forget(hook);
    }
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // It is done at this moment.
    }
  }

  private synchronized Process start() {
    if (ending) {
      throw new CommandFailedException("told to end before the command was run");
    }
    try {
      process = new ProcessBuilder(words).inheritIO().start();
      return process;
    } catch (IOException e) {
      throw new CommandFailedException("the command was not run: " + e.getMessage(), e);
    }
  }

  private synchronized @Nullable Process ended() {
    ending = true;
    return process;
  }

  private void end() {
    Process running = ended();
    try {
      if (running != null && !running.waitFor(BY_ITSELF_SECONDS, TimeUnit.SECONDS)) {
        running.destroy();
        running.waitFor();
      }
    } catch (InterruptedException e) {
      // Nobody interrupts it; the process ends with it.
      Thread.currentThread().interrupt();
    }
  }
}
