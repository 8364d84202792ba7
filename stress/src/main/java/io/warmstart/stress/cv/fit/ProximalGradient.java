package io.warmstart.stress.cv.fit;

/**
 * Fits one elastic-net multinomial model by accelerated proximal gradient steps.
 *
 * <p><b>Threads:</b> not safe. Each call of {@link #iterate} does the same arithmetic in the same
 * order wherever it runs, so the same state gives the same bits.
 */
public final class ProximalGradient {
  /*
   * FISTA (Beck and Teboulle, "A Fast Iterative Shrinkage-Thresholding Algorithm for Linear Inverse
   * Problems", SIAM J. Imaging Sci. 2(1), 2009) with the function restart of O'Donoghue and Candès
   * ("Adaptive Restart for Accelerated Gradient Schemes", Found. Comput. Math. 15, 2015): after a
   * step that has raised the objective the momentum starts again from nothing. The step itself is
   * taken: so a fit gets worse now and then, as fits do, and the store's best checkpoint is not
   * always the furthest one.
   *
   * The step length backtracks against the quadratic upper bound and is lengthened a little each
   * iteration, since the curvature along the path is far below the worst case. That worst case caps
   * it: the Hessian of the loss is at most half the Gram matrix over the rows (Böhning,
   * "Multinomial logistic regression algorithm", Ann. Inst. Stat. Math. 44, 1992), whose largest
   * eigenvalue is at most its trace.
   *
   * Converged when a step moves no coefficient by more than tolerance / curvature: then the gradient mapping, which is zero only at an optimum, has no
   * component above the tolerance.
   */
  private static final double CURVATURE_GROWTH = 2.0;
  private static final double CURVATURE_DECAY = 0.9;

  /** Rounding of two losses of order one over a few thousand rows; far below any real descent. */
  private static final double ROUNDING = 1e-14;

  private static final long ITERATION_LIMIT = 100_000;

  private final MultinomialLoss loss;
  private final ElasticNet penalty;
  private final double tolerance;
  private final double curvatureCap;
  private final FitState state;
  private final double[] extrapolated;
  private final double[] gradient;
  private final double[][] extrapolatedPredictors;
  private final double[][] residuals;
  private double[] candidate;
  private double[][] predictors;
  private double[][] previousPredictors;
  private double[][] candidatePredictors;

  /** Goes on from {@code state}, which this optimiser changes from now on. */
  public ProximalGradient(
      MultinomialLoss loss, ElasticNet penalty, double tolerance, FitState state) {
    this.loss = loss;
    this.penalty = penalty;
    this.tolerance = tolerance;
    this.state = state;
    TrainingSet training = loss.training();
    this.curvatureCap = 0.5 * (training.features() + 1);
    this.extrapolated = new double[training.coefficients()];
    this.gradient = new double[training.coefficients()];
    this.candidate = new double[training.coefficients()];
    this.extrapolatedPredictors = loss.newPredictors();
    this.residuals = loss.newPredictors();
    this.candidatePredictors = loss.newPredictors();
    this.predictors = loss.newPredictors();
    this.previousPredictors = loss.newPredictors();
    loss.predict(state.coefficients, predictors);
    loss.predict(state.previous, previousPredictors);
    if (state.iteration == 0) {
      state.objective = loss.loss(predictors) + penalty.value(state.coefficients);
    }
  }

  public FitState state() {
    return state;
  }

  public boolean converged() {
    return state.mapping <= tolerance;
  }

  /**
   * One iteration: one gradient, and one step.
   *
   * @throws IllegalStateException if the fit has not converged within 100,000 iterations
   */
  public void iterate() {
    if (state.iteration >= ITERATION_LIMIT) {
      throw new IllegalStateException(
          "fit has not converged: iterations=%d gradient mapping expected<=%s actual=%s"
              .formatted(state.iteration, tolerance, state.mapping));
    }
    state.iteration++;
    double nextMomentum = 0.5 * (1.0 + Math.sqrt(1.0 + 4.0 * state.momentum * state.momentum));
    double weight = (state.momentum - 1.0) / nextMomentum;
    extrapolate(weight);
    double extrapolatedLoss = loss.residuals(extrapolatedPredictors, residuals);
    loss.gradient(residuals, gradient);
    double candidateLoss = stepWithinBound(extrapolatedLoss);
    double candidateObjective = candidateLoss + penalty.value(candidate);
    // Without momentum the step descends by construction; only rounding could say otherwise.
    boolean restarts = weight > 0.0 && !(candidateObjective <= state.objective);
    if (restarts) {
      state.restarts++;
    }
    accept(candidateObjective, restarts ? 1.0 : nextMomentum);
  }

  // Predictors are linear in the coefficients, so extrapolating them saves one pass over the rows.
  private void extrapolate(double weight) {
    for (int p = 0; p < extrapolated.length; p++) {
      extrapolated[p] =
          state.coefficients[p] + weight * (state.coefficients[p] - state.previous[p]);
    }
    for (int c = 0; c < predictors.length; c++) {
      double[] current = predictors[c];
      double[] previous = previousPredictors[c];
      double[] target = extrapolatedPredictors[c];
      for (int i = 0; i < target.length; i++) {
        target[i] = current[i] + weight * (current[i] - previous[i]);
      }
    }
  }

  private double stepWithinBound(double extrapolatedLoss) {
    state.curvature = Math.min(state.curvature * CURVATURE_DECAY, curvatureCap);
    while (true) {
      penalty.step(extrapolated, gradient, state.curvature, candidate);
      loss.predict(candidate, candidatePredictors);
      double candidateLoss = loss.loss(candidatePredictors);
      double linear = 0.0;
      double squares = 0.0;
      for (int p = 0; p < candidate.length; p++) {
        double moved = candidate[p] - extrapolated[p];
        linear += gradient[p] * moved;
        squares += moved * moved;
      }
      double bound = extrapolatedLoss + linear + 0.5 * state.curvature * squares;
      if (candidateLoss <= bound + ROUNDING || state.curvature >= curvatureCap) {
        return candidateLoss;
      }
      state.backtracks++;
      state.curvature = Math.min(state.curvature * CURVATURE_GROWTH, curvatureCap);
    }
  }

  private void accept(double candidateObjective, double nextMomentum) {
    double furthest = 0.0;
    for (int p = 0; p < candidate.length; p++) {
      furthest = Math.max(furthest, Math.abs(candidate[p] - extrapolated[p]));
    }
    state.mapping = furthest * state.curvature;
    state.objective = candidateObjective;
    state.momentum = nextMomentum;
    double[] freed = state.previous;
    state.previous = state.coefficients;
    state.coefficients = candidate;
    candidate = freed;
    double[][] freedPredictors = previousPredictors;
    previousPredictors = predictors;
    predictors = candidatePredictors;
    candidatePredictors = freedPredictors;
  }
}
