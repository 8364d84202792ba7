package io.warmstart.jmh.report;

import java.util.Arrays;
import org.apache.commons.statistics.distribution.TDistribution;

/**
 * A mean with the interval that holds the true one with 95 % confidence, if the values are normal
 * and independent: one value for each fork, since iterations of a fork are not independent.
 *
 * @param mean of the values
 * @param low end of the interval; NaN if there is but one value
 * @param high end of the interval; NaN if there is but one value
 * @param count of the values
 */
public record Estimate(double mean, double low, double high, int count) {
  private static final double CONFIDENCE = 0.95;

  /** The arithmetic mean. */
  public static Estimate ofMean(double[] values) {
    double mean = Arrays.stream(values).average().orElseThrow();
    double error = studentFactor(values.length) * standardError(values, mean);
    return new Estimate(mean, mean - error, mean + error, values.length);
  }

  /** The geometric mean of ratios, all above 0, with an interval that is symmetric in the log. */
  public static Estimate ofRatios(double[] ratios) {
    return ofMean(Arrays.stream(ratios).map(Math::log).toArray()).exp();
  }

  /** The geometric mean of the quotients of values that were measured close to each other. */
  public static Estimate ofPairedRatios(double[] dividends, double[] divisors) {
    double[] ratios = new double[Math.min(dividends.length, divisors.length)];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = dividends[i] / divisors[i];
    }
    return ofRatios(ratios);
  }

  /**
   * The quotient of the geometric means of values that were measured apart, by Welch's formula in
   * the log.
   */
  public static Estimate ofUnpairedRatio(double[] dividends, double[] divisors) {
    double[] above = Arrays.stream(dividends).map(Math::log).toArray();
    double[] below = Arrays.stream(divisors).map(Math::log).toArray();
    double meanAbove = Arrays.stream(above).average().orElseThrow();
    double meanBelow = Arrays.stream(below).average().orElseThrow();
    int count = Math.min(above.length, below.length);
    double difference = meanAbove - meanBelow;
    if (count < 2) {
      return new Estimate(difference, Double.NaN, Double.NaN, count).exp();
    }
    double a = Math.pow(standardError(above, meanAbove), 2);
    double b = Math.pow(standardError(below, meanBelow), 2);
    double error = 0;
    if (a + b > 0) {
      double freedom =
          (a + b) * (a + b) / (a * a / (above.length - 1) + b * b / (below.length - 1));
      error = quantile(freedom) * Math.sqrt(a + b);
    }
    return new Estimate(difference, difference - error, difference + error, count).exp();
  }

  private Estimate exp() {
    return new Estimate(Math.exp(mean), Math.exp(low), Math.exp(high), count);
  }

  private static double standardError(double[] values, double mean) {
    double squares = Arrays.stream(values).map(value -> (value - mean) * (value - mean)).sum();
    return Math.sqrt(squares / (values.length - 1) / values.length);
  }

  private static double studentFactor(int count) {
    return count < 2 ? Double.NaN : quantile(count - 1.0);
  }

  private static double quantile(double freedom) {
    return TDistribution.of(freedom).inverseCumulativeProbability(1 - (1 - CONFIDENCE) / 2);
  }

  /** Whether there is an interval at all. */
  public boolean hasInterval() {
    return !Double.isNaN(low);
  }

  /** Half the interval, or NaN. */
  public double error() {
    return (high - low) / 2;
  }

  /** Whether both have intervals and these do not meet. */
  public boolean partsFrom(Estimate other) {
    return hasInterval() && other.hasInterval() && (high < other.low || other.high < low);
  }

  /** Whether there is an interval and the value lies outside. */
  public boolean partsFrom(double value) {
    return hasInterval() && (high < value || value < low);
  }
}
