package io.warmstart.stress.cv.plot;

import io.warmstart.stress.cv.plot.PenaltyCurve.Point;
import java.util.List;
import java.util.stream.IntStream;

/** Curves to draw: an ordinary one, and those that have broken or might break an axis. */
final class Curves {
  private Curves() {}

  /** The third of five is the best, the second the chosen one. */
  static PenaltyCurve ordinary() {
    return new PenaltyCurve(
        List.of(
            new Point(0.4, 0.1, 0.0005),
            new Point(0.1, 0.94, 0.008),
            new Point(0.03, 0.95, 0.01),
            new Point(0.01, 0.93, 0.004),
            new Point(0.002, 0.9, 0.02)),
        2,
        1);
  }

  /** By which a reader of a failed test tells them apart. */
  static List<PenaltyCurve> odd() {
    return List.of(
        flat(0.95, 0.0),
        flat(1.0, 0.0),
        flat(0.0, 0.0),
        flat(0.99, 0.02),
        new PenaltyCurve(List.of(new Point(1.0, 0.5, 0.5), new Point(1e-9, 1.0, 0.0)), 1, 1),
        new PenaltyCurve(
            IntStream.range(0, 200)
                .mapToObj(k -> new Point(Math.pow(0.95, k), 1 - Math.pow(0.98, k), 0.001))
                .toList(),
            199,
            199));
  }

  private static PenaltyCurve flat(double accuracy, double standardError) {
    return new PenaltyCurve(
        List.of(
            new Point(2.0, accuracy, standardError),
            new Point(1.0, accuracy, standardError),
            new Point(0.5, accuracy, standardError)),
        0,
        0);
  }
}
