package io.warmstart.stress.cv.fit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class MultinomialLossTest {
  private final SmallProblem problem = new SmallProblem(120);
  private final MultinomialLoss loss = problem.loss;

  @Test
  void gradientAgreesWithCentralDifferences() {
    double[] point = randomPoint(5);
    double[] gradient = gradientAt(point);

    double step = 1e-5;
    for (int p = 0; p < point.length; p++) {
      double kept = point[p];
      point[p] = kept + step;
      double above = lossAt(point);
      point[p] = kept - step;
      double below = lossAt(point);
      point[p] = kept;
      assertEquals((above - below) / (2 * step), gradient[p], 1e-8, "coefficient " + p);
    }
  }

  @Test
  void lossOfTheZeroModelIsTheLogarithmOfTheClasses() {
    double[] zero = new double[problem.training.coefficients()];

    assertEquals(Math.log(10), lossAt(zero), 1e-12);
  }

  @Test
  void lossAgreesWithTheSoftmaxWrittenOutRowByRow() {
    double[] point = randomPoint(6);
    int stride = problem.training.features() + 1;
    double sum = 0.0;
    for (int row = 0; row < problem.training.rows(); row++) {
      double total = 0.0;
      double own = 0.0;
      for (int c = 0; c < 10; c++) {
        double predictor = point[c * stride];
        for (int j = 0; j + 1 < stride; j++) {
          predictor += point[c * stride + 1 + j] * problem.training.column(j)[row];
        }
        total += Math.exp(predictor);
        own = c == problem.training.label(row) ? predictor : own;
      }
      sum -= Math.log(Math.exp(own) / total);
    }

    assertEquals(sum / problem.training.rows(), lossAt(point), 1e-12);
  }

  @Test
  void hugePredictorsOverflowNothing() {
    double[] point = new double[problem.training.coefficients()];
    point[0] = 5000.0;

    assertTrue(Double.isFinite(lossAt(point)));
    for (double component : gradientAt(point)) {
      assertTrue(Double.isFinite(component));
    }
  }

  @Test
  void lossWithResidualsIsTheSameNumberAsWithout() {
    double[] point = randomPoint(7);
    double[][] predictors = loss.newPredictors();
    loss.predict(point, predictors);

    assertEquals(loss.loss(predictors), loss.residuals(predictors, loss.newPredictors()), 0.0);
  }

  private double[] randomPoint(long seed) {
    return new Random(seed).doubles(problem.training.coefficients(), -0.3, 0.3).toArray();
  }

  private double lossAt(double[] point) {
    double[][] predictors = loss.newPredictors();
    loss.predict(point, predictors);
    return loss.loss(predictors);
  }

  private double[] gradientAt(double[] point) {
    double[][] predictors = loss.newPredictors();
    double[][] residuals = loss.newPredictors();
    loss.predict(point, predictors);
    loss.residuals(predictors, residuals);
    double[] gradient = new double[point.length];
    loss.gradient(residuals, gradient);
    return gradient;
  }
}
