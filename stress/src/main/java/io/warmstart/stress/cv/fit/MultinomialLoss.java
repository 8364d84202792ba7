package io.warmstart.stress.cv.fit;

import java.util.Arrays;

/**
 * Mean negative log likelihood of the multinomial logit (softmax) model, and its gradient.
 *
 * <p>Coefficients lie class by class: the intercept, then one per feature. Linear predictors and
 * residuals lie class by class too, one {@code double[]} of rows each.
 *
 * <p>Every sum runs in one fixed order on one thread, and exp and log come from {@link StrictMath}:
 * {@code Math.exp} may give other last bits once compiled than while interpreted, and then a
 * resumed fit would not be bit-identical to an undisturbed one.
 *
 * <p><b>Threads:</b> not safe; it owns scratch memory.
 */
public final class MultinomialLoss {
  private final TrainingSet training;
  private final int stride;
  private final double[] largest;
  private final double[] total;

  public MultinomialLoss(TrainingSet training) {
    this.training = training;
    this.stride = training.features() + 1;
    this.largest = new double[training.rows()];
    this.total = new double[training.rows()];
  }

  TrainingSet training() {
    return training;
  }

  /** New predictors or residuals for {@link #predict} and {@link #residuals}. */
  double[][] newPredictors() {
    return new double[training.classes()][training.rows()];
  }

  /** Fills {@code predictors} from {@code coefficients}; zero coefficients cost nothing. */
  void predict(double[] coefficients, double[][] predictors) {
    for (int c = 0; c < predictors.length; c++) {
      double[] predictor = predictors[c];
      int base = c * stride;
      Arrays.fill(predictor, coefficients[base]);
      for (int j = 0; j + 1 < stride; j++) {
        double weight = coefficients[base + 1 + j];
        if (weight != 0.0) {
          addScaled(predictor, weight, training.column(j));
        }
      }
    }
  }

  private static void addScaled(double[] target, double factor, double[] source) {
    for (int i = 0; i < target.length; i++) {
      target[i] += factor * source[i];
    }
  }

  /** The loss at {@code predictors}. */
  double loss(double[][] predictors) {
    findLargest(predictors);
    Arrays.fill(total, 0.0);
    for (double[] predictor : predictors) {
      for (int i = 0; i < total.length; i++) {
        total[i] += StrictMath.exp(predictor[i] - largest[i]);
      }
    }
    return meanLoss(predictors);
  }

  /** The loss at {@code predictors}; fills {@code residuals} with probability minus indicator. */
  double residuals(double[][] predictors, double[][] residuals) {
    findLargest(predictors);
    Arrays.fill(total, 0.0);
    for (int c = 0; c < predictors.length; c++) {
      double[] predictor = predictors[c];
      double[] residual = residuals[c];
      for (int i = 0; i < total.length; i++) {
        double odds = StrictMath.exp(predictor[i] - largest[i]);
        residual[i] = odds;
        total[i] += odds;
      }
    }
    for (int c = 0; c < residuals.length; c++) {
      double[] residual = residuals[c];
      for (int i = 0; i < total.length; i++) {
        residual[i] = residual[i] / total[i];
      }
    }
    for (int i = 0; i < total.length; i++) {
      residuals[training.label(i)][i] -= 1.0;
    }
    return meanLoss(predictors);
  }

  /** Fills {@code gradient} from the residuals of {@link #residuals}. */
  void gradient(double[][] residuals, double[] gradient) {
    double rows = training.rows();
    for (int c = 0; c < residuals.length; c++) {
      int base = c * stride;
      gradient[base] = sum(residuals[c]) / rows;
      for (int j = 0; j + 1 < stride; j++) {
        gradient[base + 1 + j] = dot(residuals[c], training.column(j)) / rows;
      }
    }
  }

  // The largest predictor is taken off before exp, so no row can overflow.
  private void findLargest(double[][] predictors) {
    System.arraycopy(predictors[0], 0, largest, 0, largest.length);
    for (int c = 1; c < predictors.length; c++) {
      double[] predictor = predictors[c];
      for (int i = 0; i < largest.length; i++) {
        largest[i] = Math.max(largest[i], predictor[i]);
      }
    }
  }

  private double meanLoss(double[][] predictors) {
    double sum = 0.0;
    for (int i = 0; i < total.length; i++) {
      sum += largest[i] + StrictMath.log(total[i]) - predictors[training.label(i)][i];
    }
    return sum / total.length;
  }

  private static double sum(double[] values) {
    double sum = 0.0;
    for (double value : values) {
      sum += value;
    }
    return sum;
  }

  // Four running sums: one would wait for each addition, and the compiler may not reorder them.
  private static double dot(double[] left, double[] right) {
    double sum0 = 0.0;
    double sum1 = 0.0;
    double sum2 = 0.0;
    double sum3 = 0.0;
    int i = 0;
    for (; i + 3 < left.length; i += 4) {
      sum0 += left[i] * right[i];
      sum1 += left[i + 1] * right[i + 1];
      sum2 += left[i + 2] * right[i + 2];
      sum3 += left[i + 3] * right[i + 3];
    }
    for (; i < left.length; i++) {
      sum0 += left[i] * right[i];
    }
    return (sum0 + sum1) + (sum2 + sum3);
  }
}
