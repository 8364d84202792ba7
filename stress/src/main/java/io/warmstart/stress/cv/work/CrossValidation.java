package io.warmstart.stress.cv.work;

import io.warmstart.model.Fingerprint;
import io.warmstart.model.Fingerprinter;
import io.warmstart.stress.cv.fit.ElasticNet;
import io.warmstart.stress.cv.fit.FitState;
import io.warmstart.stress.cv.fit.Folds;
import io.warmstart.stress.cv.fit.HeldOutScore;
import io.warmstart.stress.cv.fit.MultinomialLoss;
import io.warmstart.stress.cv.fit.Observations;
import io.warmstart.stress.cv.fit.PenaltyPath;
import io.warmstart.stress.cv.fit.ProximalGradient;
import io.warmstart.stress.cv.fit.TrainingSet;

/**
 * The problem behind a specification: rows, folds, path, and the key of every fit.
 *
 * <p><b>Threads:</b> not safe; it keeps the training set of the fold asked for last.
 */
public final class CrossValidation {
  private static final int NO_FOLD = -1;

  private final CvSpec spec;
  private final Observations observations;
  private final Folds folds;
  private final PenaltyPath path;
  private TrainingSet training;
  private int trainingFold = NO_FOLD;

  /**
   * Reads the digits and lays out folds and path.
   *
   * @throws IllegalArgumentException naming the option that does not fit the observations
   */
  public CrossValidation(CvSpec spec) {
    this.spec = spec;
    this.observations = Observations.digits().firstRows(spec.rows());
    this.folds = Folds.stratified(observations, spec.folds(), spec.seed());
    this.training = TrainingSet.of(observations, folds.trainingRows(spec.folds()));
    this.trainingFold = spec.folds();
    this.path =
        PenaltyPath.geometric(training, spec.alpha(), spec.penalties(), CvSpec.SMALLEST_SHARE);
  }

  public CvSpec spec() {
    return spec;
  }

  public double lambda(int penalty) {
    return path.lambda(penalty);
  }

  /**
   * The key of a fit. A fit's last bits depend on its seed and so on every larger penalty of the
   * path: all of them are part of the key, and equal keys mean equal bits.
   */
  public Fingerprint key(FitTask task) {
    return new Fingerprinter()
        .absorbTag("cross-validation of the elastic-net multinomial logit")
        .absorbLong("state version", FitState.VERSION)
        .absorbString("observations", observations.digestHex())
        .absorbLong("rows", spec.rows())
        .absorbLong("folds", spec.folds())
        .absorbLong("seed", spec.seed())
        .absorbLong("fold", task.fold())
        .writeDouble(CvSpec.TOLERANCE)
        .writeDouble(spec.alpha())
        .writeDoubles(path.upTo(task.penalty()))
        .finish();
  }

  /** The rows that the task may see. */
  public TrainingSet training(FitTask task) {
    if (task.fold() != trainingFold) {
      training = TrainingSet.of(observations, folds.trainingRows(task.fold()));
      trainingFold = task.fold();
    }
    return training;
  }

  ProximalGradient optimiser(FitTask task, FitState start) {
    TrainingSet rows = training(task);
    ElasticNet penalty =
        new ElasticNet(path.lambda(task.penalty()), spec.alpha(), rows.features() + 1);
    return new ProximalGradient(new MultinomialLoss(rows), penalty, CvSpec.TOLERANCE, start);
  }

  HeldOutScore score(FitTask task, FitState fitted) {
    return HeldOutScore.of(
        training(task), fitted.coefficients(), observations, folds.heldOutRows(task.fold()));
  }
}
