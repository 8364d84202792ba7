package io.warmstart.stress.cv.fit;

import java.util.stream.IntStream;

/** A few hundred digits: small enough to fit in milliseconds, real enough to be badly scaled. */
final class SmallProblem {
  static final double TOLERANCE = 1e-6;

  final Observations observations;
  final TrainingSet training;
  final MultinomialLoss loss;
  final PenaltyPath path;

  SmallProblem(int rows) {
    observations = Observations.digits().firstRows(rows);
    training = TrainingSet.of(observations, IntStream.range(0, rows).toArray());
    loss = new MultinomialLoss(training);
    path = PenaltyPath.geometric(training, 0.5, 8, 1e-2);
  }

  ElasticNet penalty(int index) {
    return new ElasticNet(path.lambda(index), 0.5, training.features() + 1);
  }

  ProximalGradient optimiser(int penalty, FitState start) {
    return new ProximalGradient(new MultinomialLoss(training), penalty(penalty), TOLERANCE, start);
  }

  /** Fits the penalties up to {@code penalty}, each seeded from the one before. */
  FitState fitThrough(int penalty) {
    FitState state = FitState.cold(training);
    for (int k = 0; k <= penalty; k++) {
      ProximalGradient optimiser = optimiser(k, k == 0 ? state : FitState.seededFrom(state));
      while (!optimiser.converged()) {
        optimiser.iterate();
      }
      state = optimiser.state();
    }
    return state;
  }
}
