package io.warmstart.stress.cv;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Shows how far the run has come: a bar that is redrawn on a terminal, else a line now and then.
 *
 * <p><b>Threads:</b> one thread calls it; the bar has a thread of its own that draws.
 */
abstract class RunProgress implements AutoCloseable {
  private static final int WIDTH = 79;
  private static final int REDRAW_MILLIS = 200;
  private static final long LINE_NANOS = 5_000_000_000L;
  private static final String CLEAR_LINE = "\r\u001b[K";

  /** The run has finished so many fits and computed so many iterations. */
  abstract void update(int finished, long iterations);

  /** Something worth a line of its own. */
  abstract void line(String text);

  @Override
  public abstract void close();

  /** A bar on {@code out} if standard error is a terminal, else lines. */
  static RunProgress on(PrintStream out, int fits) {
    return standardErrorIsTerminal() ? new Bar(out, fits) : new Lines(out, fits);
  }

  /** Shows nothing. */
  static RunProgress none() {
    return new RunProgress() {
      @Override
      void update(int finished, long iterations) {}

      @Override
      void line(String text) {}

      @Override
      public void close() {}
    };
  }

  // System.console() needs standard input and output to be terminals too, and since JDK 22 it is
  // there without one.
  private static boolean standardErrorIsTerminal() {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  private static final class Bar extends RunProgress {
    private final PrintStream out;
    private final ProgressBar bar;

    Bar(PrintStream out, int fits) {
      this.out = out;
      this.bar =
          new ProgressBarBuilder()
              .setTaskName("cross-validation")
              .setInitialMax(fits)
              .setUnit(" fits", 1)
              .setUpdateIntervalMillis(REDRAW_MILLIS)
              .setStyle(ProgressBarStyle.ASCII)
              .setConsumer(new DelegatingProgressBarConsumer(this::draw, WIDTH))
              .build();
    }

    private void draw(String rendered) {
      synchronized (out) {
        out.print(CLEAR_LINE + rendered);
        out.flush();
      }
    }

    @Override
    void update(int finished, long iterations) {
      bar.stepTo(finished);
      bar.setExtraMessage(String.format(Locale.ROOT, "%,d iterations", iterations));
    }

    @Override
    void line(String text) {
      synchronized (out) {
        out.println(CLEAR_LINE + text);
      }
    }

    @Override
    public void close() {
      bar.close();
      out.println();
    }
  }

  private static final class Lines extends RunProgress {
    private final PrintStream out;
    private final int fits;
    private long shownNanos = System.nanoTime();

    Lines(PrintStream out, int fits) {
      this.out = out;
      this.fits = fits;
    }

    @Override
    void update(int finished, long iterations) {
      long now = System.nanoTime();
      if (now - shownNanos >= LINE_NANOS) {
        shownNanos = now;
        out.printf(Locale.ROOT, "%d/%d fits, %,d iterations%n", finished, fits, iterations);
      }
    }

    @Override
    void line(String text) {
      out.println(text);
    }

    @Override
    public void close() {}
  }
}
