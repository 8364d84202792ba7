package io.warmstart.stress.cv.fit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProximalGradientTest {
  private final SmallProblem problem = new SmallProblem(200);

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 7})
  void convergedFitMeetsTheOptimalityConditions(int penalty) {
    double[] fitted = problem.fitThrough(penalty).coefficients();
    double[] gradient = gradientRowByRow(fitted);
    ElasticNet net = problem.penalty(penalty);

    int zeros = 0;
    for (int p = 0; p < fitted.length; p++) {
      double smooth = gradient[p] + net.lambda() * (1 - net.alpha()) * fitted[p];
      double threshold = net.lambda() * net.alpha();
      double violation;
      if (p % net.stride() == 0) {
        violation = Math.abs(gradient[p]);
      } else if (fitted[p] == 0.0) {
        zeros++;
        violation = Math.max(0.0, Math.abs(smooth) - threshold);
      } else {
        violation = Math.abs(smooth + Math.copySign(threshold, fitted[p]));
      }
      assertTrue(violation < 3e-6, "coefficient " + p + " violates by " + violation);
    }
    assertTrue(zeros > 0, "an elastic net leaves some coefficients at zero");
  }

  @Test
  void pathBeginsWhereTheFirstCoefficientLeavesZero() {
    assertEquals(0, fitAt(1.001 * problem.path.lambda(0)).nonzeros());
    assertTrue(fitAt(0.99 * problem.path.lambda(0)).nonzeros() > 0);
  }

  /** So that a store which keeps the last state only is seen to lose the best one. */
  @Test
  void objectiveRisesNowAndThenAndFallsAgain() {
    FitState seed = problem.fitThrough(2);
    ProximalGradient optimiser = problem.optimiser(5, FitState.seededFrom(seed));
    double before = optimiser.state().objective();
    int rises = 0;
    boolean rose = false;
    while (!optimiser.converged()) {
      optimiser.iterate();
      double objective = optimiser.state().objective();
      assertFalse(rose && objective > before + 1e-14, "twice in a row");
      rose = objective > before + 1e-12;
      rises += rose ? 1 : 0;
      before = objective;
    }
    assertTrue(rises > 0, "never");
  }

  @Test
  void seedAndColdStartReachTheSameModel() {
    double[] seeded = problem.fitThrough(4).coefficients();
    ProximalGradient cold = problem.optimiser(4, FitState.cold(problem.training));
    while (!cold.converged()) {
      cold.iterate();
    }

    assertArrayEquals(cold.state().coefficients(), seeded, 2e-4);
  }

  @Test
  void pathRunTwiceGivesTheSameBits() {
    assertBitIdentical(problem.fitThrough(6), problem.fitThrough(6));
  }

  // The claim that the whole job stands on: a worker killed after any iteration costs only time.
  @Test
  void resumeFromTheBytesOfAnyIterationGivesTheSameBits() {
    FitState seed = problem.fitThrough(3);
    ProximalGradient undisturbed = problem.optimiser(4, FitState.seededFrom(seed));
    while (!undisturbed.converged()) {
      undisturbed.iterate();
    }
    long iterations = undisturbed.state().iteration();
    assertTrue(iterations > 10, "too easy a problem: " + iterations + " iterations");
    assertTrue(undisturbed.state().restarts() > 0, "no restart among them");

    for (long cut = 0; cut <= iterations; cut++) {
      ProximalGradient killed = problem.optimiser(4, FitState.seededFrom(seed));
      while (killed.state().iteration() < cut) {
        killed.iterate();
      }
      ProximalGradient resumed = problem.optimiser(4, throughBytes(killed.state()));
      while (!resumed.converged()) {
        resumed.iterate();
      }
      assertBitIdentical(undisturbed.state(), resumed.state());
    }
  }

  private FitState fitAt(double lambda) {
    ElasticNet net = new ElasticNet(lambda, 0.5, problem.training.features() + 1);
    ProximalGradient optimiser =
        new ProximalGradient(
            problem.loss, net, SmallProblem.TOLERANCE, FitState.cold(problem.training));
    while (!optimiser.converged()) {
      optimiser.iterate();
    }
    return optimiser.state();
  }

  private FitState throughBytes(FitState state) {
    UnsafeBuffer buffer = new UnsafeBuffer(new byte[state.encodedLength()]);
    state.encode(buffer, 0);
    return FitState.decode(buffer, 0, buffer.capacity(), problem.training);
  }

  private static void assertBitIdentical(FitState expected, FitState actual) {
    UnsafeBuffer left = new UnsafeBuffer(new byte[expected.encodedLength()]);
    UnsafeBuffer right = new UnsafeBuffer(new byte[actual.encodedLength()]);
    expected.encode(left, 0);
    actual.encode(right, 0);
    assertArrayEquals(left.byteArray(), right.byteArray());
  }

  // Written afresh from the definition, so that it shares no mistake with MultinomialLoss.
  private double[] gradientRowByRow(double[] coefficients) {
    TrainingSet training = problem.training;
    int stride = training.features() + 1;
    double[] gradient = new double[coefficients.length];
    for (int row = 0; row < training.rows(); row++) {
      double[] odds = new double[training.classes()];
      double total = 0.0;
      for (int c = 0; c < odds.length; c++) {
        double predictor = coefficients[c * stride];
        for (int j = 0; j < training.features(); j++) {
          predictor += coefficients[c * stride + 1 + j] * training.column(j)[row];
        }
        odds[c] = Math.exp(predictor);
        total += odds[c];
      }
      for (int c = 0; c < odds.length; c++) {
        double residual = odds[c] / total - (training.label(row) == c ? 1.0 : 0.0);
        gradient[c * stride] += residual / training.rows();
        for (int j = 0; j < training.features(); j++) {
          gradient[c * stride + 1 + j] += residual * training.column(j)[row] / training.rows();
        }
      }
    }
    return gradient;
  }
}
