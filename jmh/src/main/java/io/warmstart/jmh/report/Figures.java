package io.warmstart.jmh.report;

import java.math.BigDecimal;
import java.math.MathContext;

/** Numbers as people read them: three significant digits, no exponents. */
final class Figures {
  private static final int DIGITS = 3;

  private Figures() {}

  static String plain(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      return "?";
    }
    if (Math.abs(value) >= 1000) {
      return String.valueOf(Math.round(value));
    }
    return new BigDecimal(value).round(new MathContext(DIGITS)).toPlainString();
  }

  static String withError(Estimate estimate) {
    return estimate.hasInterval()
        ? plain(estimate.mean()) + " ± " + plain(estimate.error())
        : plain(estimate.mean());
  }

  /** The estimate with its unit, without JMH's "per operation". */
  static String withUnit(Estimate estimate, String unit) {
    return withError(estimate) + " " + unit.replace("/op", "");
  }

  /** The ratio and its interval, which is not symmetric. */
  static String ratio(Estimate ratio) {
    return ratio.hasInterval()
        ? plain(ratio.mean()) + " (" + plain(ratio.low()) + " to " + plain(ratio.high()) + ")"
        : plain(ratio.mean());
  }
}
