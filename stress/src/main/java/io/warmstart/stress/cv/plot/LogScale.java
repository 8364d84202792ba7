package io.warmstart.stress.cv.plot;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/**
 * A logarithmic axis, with steps at 1, 2 and 5 times the powers of ten.
 *
 * @param low above 0
 * @param high above {@code low}
 */
public record LogScale(double low, double high) {
  private static final int[] DIGITS = {1, 2, 5};

  /** Refuses what has no such axis. */
  public LogScale {
    if (!(low > 0.0 && high > low && high <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException(
          "logarithmic axis: expected=0 < low < high actual=%s..%s".formatted(low, high));
    }
  }

  /** The axis from one step to another that just holds both values. */
  public static LogScale aroundSteps(double low, double high) {
    List<BigDecimal> steps = steps(low / 10, high * 10);
    double below = steps.get(0).doubleValue();
    double above = steps.get(steps.size() - 1).doubleValue();
    for (BigDecimal step : steps) {
      double value = step.doubleValue();
      below = value <= low ? value : below;
      above = value >= high ? Math.min(value, above) : above;
    }
    // Both on one step: the one before gives the axis its length.
    return below < above ? new LogScale(below, above) : aroundSteps(low / 2, high);
  }

  /** Where a value stands: 0 = the low end, 1 = the high one; values beyond stand at the ends. */
  public double share(double value) {
    if (value <= low) {
      return 0.0;
    }
    return Math.min(1.0, Math.log(value / low) / Math.log(high / low));
  }

  /** The steps on the axis, rising. */
  public List<BigDecimal> steps() {
    return steps(low, high);
  }

  // In decimal, so that a label shows 0.05 and not what a double makes of it.
  private static List<BigDecimal> steps(double low, double high) {
    List<BigDecimal> steps = new ArrayList<>();
    int first = (int) Math.floor(Math.log10(low)) - 1;
    int last = (int) Math.ceil(Math.log10(high)) + 1;
    for (int power = first; power <= last; power++) {
      for (int digit : DIGITS) {
        BigDecimal step = BigDecimal.valueOf(digit).scaleByPowerOfTen(power);
        if (step.doubleValue() >= low && step.doubleValue() <= high) {
          steps.add(step);
        }
      }
    }
    return steps;
  }
}
