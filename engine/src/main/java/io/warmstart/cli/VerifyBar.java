package io.warmstart.cli;

import io.warmstart.model.VerifyProgress;
import java.io.PrintStream;
import java.util.concurrent.TimeUnit;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** A progress bar on a terminal's standard error, once a verification takes its time. */
final class VerifyBar implements VerifyProgress, AutoCloseable {
  private static final long SHOW_AFTER_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  /** Not asked of the terminal: that would load a terminal library, and start processes. */
  private static final int WIDTH = 79;

  private final @Nullable PrintStream terminal;
  private final long startNanos = System.nanoTime();
  private @Nullable ProgressBar bar;

  private VerifyBar(@Nullable PrintStream terminal) {
    this.terminal = terminal;
  }

  static VerifyBar on(Streams streams, boolean quiet) {
    return new VerifyBar(
        streams.errIsTerminal() && !quiet
            ? new PrintStream(streams.err(), true, streams.charset())
            : null);
  }

  @Override
  public void keyDone(long done, long total) {
    PrintStream shownOn = terminal;
    if (shownOn == null) {
      return;
    }
    ProgressBar shown = bar;
    if (shown == null) {
      if (System.nanoTime() - startNanos < SHOW_AFTER_NANOS) {
        return;
      }
      shown =
          new ProgressBarBuilder()
              .setTaskName("verify")
              .setInitialMax(total)
              .setUnit(" keys", 1)
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(200)
              .setConsumer(
                  new DelegatingProgressBarConsumer(text -> shownOn.print("\r" + text), WIDTH))
              .clearDisplayOnFinish()
              .build();
      bar = shown;
    }
    shown.stepTo(done);
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
