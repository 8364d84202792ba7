package io.warmstart.stress.cv;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.LongSupplier;
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
  private static final double LINE_SECONDS = 5;
  private static final String CLEAR_LINE = "\r\u001b[K";

  /** The run has finished so many fits and computed so many iterations. */
  abstract void update(int finished, long iterations);

  /** Something worth a line of its own. */
  abstract void line(String text);

  @Override
  public abstract void close();

  /** A bar on {@code out} if standard error is a terminal, else lines. */
  static RunProgress on(PrintStream out, int fits) {
    return standardErrorIsTerminal() ? new Bar(out, fits) : lines(out, fits, System::nanoTime);
  }

  /** A line now and then. */
  static RunProgress lines(PrintStream out, int fits, LongSupplier nanoClock) {
    return new Lines(out, fits, nanoClock);
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
    private final Pace pace = new Pace(System::nanoTime);
    private final ProgressBar bar;

    Bar(PrintStream out, int fits) {
      this.out = out;
      this.bar =
          new ProgressBarBuilder()
              .setTaskName("fits")
              .setInitialMax(fits)
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
      bar.setExtraMessage(pace.of(iterations));
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

  /**
   * How fast it goes. The bar's own rate would be that of fits, of which the last ones take ten
   * times as long as the first.
   */
  private static final class Pace {
    private final LongSupplier nanoClock;
    private final long begunNanos;

    Pace(LongSupplier nanoClock) {
      this.nanoClock = nanoClock;
      this.begunNanos = nanoClock.getAsLong();
    }

    double seconds() {
      return (nanoClock.getAsLong() - begunNanos) / 1e9;
    }

    String of(long iterations) {
      double rate = iterations / Math.max(seconds(), 1e-3);
      return String.format(Locale.ROOT, "%,d iterations, %,.0f/s", iterations, rate);
    }
  }

  private static final class Lines extends RunProgress {
    private final PrintStream out;
    private final int fits;
    private final Pace pace;
    private double shownSeconds;

    Lines(PrintStream out, int fits, LongSupplier nanoClock) {
      this.out = out;
      this.fits = fits;
      this.pace = new Pace(nanoClock);
    }

    @Override
    void update(int finished, long iterations) {
      double seconds = pace.seconds();
      if (seconds - shownSeconds >= LINE_SECONDS) {
        shownSeconds = seconds;
        out.printf(
            Locale.ROOT,
            "%d/%d fits, %s%s%n",
            finished,
            fits,
            pace.of(iterations),
            left(finished, seconds));
      }
    }

    // As the bar reckons, too: all fits alike.
    private String left(int finished, double seconds) {
      if (finished == 0) {
        return "";
      }
      double left = seconds / finished * (fits - finished);
      return String.format(Locale.ROOT, ", about %.0f s left", left);
    }

    @Override
    void line(String text) {
      out.println(text);
    }

    @Override
    public void close() {}
  }
}
