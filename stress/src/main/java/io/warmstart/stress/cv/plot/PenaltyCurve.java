package io.warmstart.stress.cv.plot;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/**
 * Accuracy along the penalty path.
 *
 * <p>Its axis is that of the error's logarithm, labelled with the accuracy: the path goes from a
 * tenth to nearly all, and a standard error at its good end, where the choice is made, would be a
 * dot on an even axis.
 *
 * @param points the largest penalty first, at least 2
 * @param best index of the highest accuracy
 * @param chosen index of the chosen penalty
 */
public record PenaltyCurve(List<Point> points, int best, int chosen) {
  /** Errors below this are not told apart, where no point says how small they can be. */
  private static final double SMALLEST_ERROR = 1e-3;

  private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);

  /**
   * One penalty.
   *
   * @param accuracy mean over the folds, 0 to 1
   * @param standardError of that mean
   */
  public record Point(double penalty, double accuracy, double standardError) {}

  public PenaltyCurve {
    points = List.copyOf(points);
    if (points.size() < 2) {
      throw new IllegalArgumentException("points: expected=at least 2 actual=" + points.size());
    }
  }

  /**
   * A step of the accuracy axis.
   *
   * @param share 0 = the axis's low end, 1 = its high one
   */
  record Step(double share, String label) {}

  Point bestPoint() {
    return points.get(best);
  }

  Point chosenPoint() {
    return points.get(chosen);
  }

  /** The accuracy that a penalty needs to be chosen. */
  double threshold() {
    return bestPoint().accuracy - bestPoint().standardError;
  }

  LogScale penaltyScale() {
    return new LogScale(points.get(points.size() - 1).penalty, points.get(0).penalty);
  }

  /** Where an accuracy stands on {@code errors}: 0 = the low end, 1 = the high one. */
  static double share(LogScale errors, double accuracy) {
    return 1.0 - errors.share(1.0 - accuracy);
  }

  LogScale errorScale() {
    double smallest = Double.POSITIVE_INFINITY;
    double largest = 0.0;
    for (Point point : points) {
      double error = 1.0 - point.accuracy;
      largest = Math.max(largest, Math.min(1.0, error + point.standardError));
      double reached = error - point.standardError;
      if (error > 0.0) {
        // A bar that reaches perfection is cut off at half the error: the axis has no zero.
        smallest = Math.min(smallest, Math.max(reached, error / 2));
      }
    }
    double low = Math.min(smallest, largest);
    return low > 0.0
        ? LogScale.aroundSteps(low, largest)
        : LogScale.aroundSteps(SMALLEST_ERROR, 10 * SMALLEST_ERROR);
  }

  /** Steps of the accuracy axis, rising. */
  static List<Step> steps(LogScale errors) {
    List<Step> steps = new ArrayList<>();
    for (BigDecimal error : errors.steps()) {
      BigDecimal percent = BigDecimal.ONE.subtract(error).multiply(HUNDRED).stripTrailingZeros();
      steps.add(
          0, new Step(1.0 - errors.share(error.doubleValue()), percent.toPlainString() + "%"));
    }
    return steps;
  }
}
