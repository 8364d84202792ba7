package io.warmstart.stress.cv.fit;

import java.util.Arrays;

/**
 * Penalties in falling order: from the smallest one at which a fit to all rows has every
 * coefficient at zero but the intercepts, down to a fixed share of it, in equal steps of the
 * logarithm.
 *
 * <p>Source: Friedman, Hastie and Tibshirani, J. Stat. Softw. 33(1), 2010, section 2.5.
 *
 * <p><b>Threads:</b> immutable.
 */
public final class PenaltyPath {
  private final double[] lambdas;

  private PenaltyPath(double[] lambdas) {
    this.lambdas = lambdas;
  }

  /**
   * The path for {@code training}.
   *
   * @param alpha share of the absolute part; above 0, or no penalty would be large enough
   * @param count penalties, at least 2
   * @param smallestShare last penalty over the first, between 0 and 1
   */
  public static PenaltyPath geometric(
      TrainingSet training, double alpha, int count, double smallestShare) {
    if (!(alpha > 0.0 && alpha <= 1.0)) {
      throw new IllegalArgumentException("alpha: expected=above 0, at most 1 actual=" + alpha);
    }
    if (count < 2) {
      throw new IllegalArgumentException("penalties: expected=at least 2 actual=" + count);
    }
    double largest = largestGradient(training) / alpha;
    double step = StrictMath.log(smallestShare) / (count - 1);
    double[] lambdas = new double[count];
    for (int k = 0; k < count; k++) {
      lambdas[k] = largest * StrictMath.exp(step * k);
    }
    return new PenaltyPath(lambdas);
  }

  // With the intercepts alone, each class's fitted probability is its share of the rows.
  private static double largestGradient(TrainingSet training) {
    double[] residual = new double[training.rows()];
    double largest = 0.0;
    for (int c = 0; c < training.classes(); c++) {
      int members = 0;
      for (int i = 0; i < residual.length; i++) {
        members += training.label(i) == c ? 1 : 0;
      }
      double share = members / (double) residual.length;
      for (int i = 0; i < residual.length; i++) {
        residual[i] = training.label(i) == c ? share - 1.0 : share;
      }
      for (int j = 0; j < training.features(); j++) {
        double[] column = training.column(j);
        double sum = 0.0;
        for (int i = 0; i < residual.length; i++) {
          sum += residual[i] * column[i];
        }
        largest = Math.max(largest, Math.abs(sum / residual.length));
      }
    }
    return largest;
  }

  public int count() {
    return lambdas.length;
  }

  public double lambda(int penalty) {
    return lambdas[penalty];
  }

  /** The penalties that a seeded fit of {@code penalty} has passed through, itself the last. */
  public double[] upTo(int penalty) {
    return Arrays.copyOf(lambdas, penalty + 1);
  }
}
