package io.warmstart.stress.cv.fit;

/**
 * The elastic-net penalty {@code lambda * (alpha * |w|_1 + (1 - alpha) / 2 * |w|_2^2)} of every
 * coefficient but the intercepts.
 *
 * <p>Source: Zou and Hastie, "Regularization and variable selection via the elastic net", JRSS B
 * 67(2), 2005; the parametrisation is that of Friedman, Hastie and Tibshirani, "Regularization
 * Paths for Generalized Linear Models via Coordinate Descent", J. Stat. Softw. 33(1), 2010.
 *
 * @param lambda strength, finite and not negative
 * @param alpha share of the absolute part, 0 (ridge) to 1 (lasso)
 * @param stride coefficients per class, the intercept first
 */
public record ElasticNet(double lambda, double alpha, int stride) {
  public ElasticNet {
    if (!(lambda >= 0.0) || Double.isInfinite(lambda)) {
      throw new IllegalArgumentException("lambda: expected=finite and >= 0 actual=" + lambda);
    }
    if (!(alpha >= 0.0 && alpha <= 1.0)) {
      throw new IllegalArgumentException("alpha: expected=0..1 actual=" + alpha);
    }
  }

  double value(double[] coefficients) {
    double absolute = 0.0;
    double squares = 0.0;
    for (int p = 0; p < coefficients.length; p++) {
      if (p % stride != 0) {
        absolute += Math.abs(coefficients[p]);
        squares += coefficients[p] * coefficients[p];
      }
    }
    return lambda * (alpha * absolute + 0.5 * (1.0 - alpha) * squares);
  }

  /**
   * Fills {@code target} with the proximal gradient step {@code prox(point - gradient /
   * curvature)}: shifted towards zero by the absolute part, then shrunk by the squared one.
   */
  void step(double[] point, double[] gradient, double curvature, double[] target) {
    double threshold = lambda * alpha / curvature;
    double shrink = 1.0 + lambda * (1.0 - alpha) / curvature;
    for (int p = 0; p < target.length; p++) {
      double moved = point[p] - gradient[p] / curvature;
      if (p % stride == 0) {
        target[p] = moved;
      } else {
        double size = Math.abs(moved) - threshold;
        target[p] = size > 0.0 ? Math.copySign(size / shrink, moved) : 0.0;
      }
    }
  }
}
