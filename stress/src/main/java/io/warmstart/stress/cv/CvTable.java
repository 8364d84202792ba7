package io.warmstart.stress.cv;

import io.warmstart.stress.cv.plot.PenaltyCurve;
import io.warmstart.stress.cv.work.CrossValidation;
import io.warmstart.stress.cv.work.CvSpec;
import io.warmstart.stress.cv.work.FitOutcome;
import io.warmstart.stress.cv.work.FitTask;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Accuracy along the penalty path, and the penalty chosen by the one-standard-error rule: the
 * largest whose mean accuracy is at most one standard error below the best.
 *
 * <p>Source of the rule: Breiman, Friedman, Olshen and Stone, "Classification and Regression
 * Trees", 1984, section 3.4.3.
 *
 * @param rows one per penalty, the largest first
 * @param best index of the highest mean accuracy; the larger penalty of equals
 * @param chosen index of the chosen penalty
 */
record CvTable(List<Row> rows, int best, int chosen) {
  /**
   * One penalty.
   *
   * @param accuracy mean over the folds of the share of held-out rows judged correctly
   * @param standardError of that mean, from the spread between the folds
   * @param logLoss mean over the folds of the held-out negative log likelihood
   * @param nonzeros coefficients that are not zero in the fit to all rows
   * @param iterations of all fits of the penalty, whichever run did them
   */
  record Row(
      double penalty,
      double accuracy,
      double standardError,
      double logLoss,
      int nonzeros,
      long iterations) {}

  static CvTable of(CrossValidation problem, Map<FitTask, FitOutcome> outcomes) {
    CvSpec spec = problem.spec();
    List<Row> rows = new ArrayList<>();
    for (int penalty = 0; penalty < spec.penalties(); penalty++) {
      rows.add(row(problem, outcomes, penalty));
    }
    int best = 0;
    for (int k = 1; k < rows.size(); k++) {
      best = rows.get(k).accuracy > rows.get(best).accuracy ? k : best;
    }
    double least = rows.get(best).accuracy - rows.get(best).standardError;
    int chosen = 0;
    while (rows.get(chosen).accuracy < least) {
      chosen++;
    }
    return new CvTable(List.copyOf(rows), best, chosen);
  }

  /** Accuracy by penalty, to be drawn. */
  PenaltyCurve curve() {
    return new PenaltyCurve(
        rows.stream()
            .map(row -> new PenaltyCurve.Point(row.penalty, row.accuracy, row.standardError))
            .toList(),
        best,
        chosen);
  }

  private static Row row(CrossValidation problem, Map<FitTask, FitOutcome> outcomes, int penalty) {
    int folds = problem.spec().folds();
    double accuracy = 0.0;
    double logLoss = 0.0;
    for (int fold = 0; fold < folds; fold++) {
      FitOutcome outcome = outcome(outcomes, fold, penalty);
      accuracy += outcome.score().accuracy() / folds;
      logLoss += outcome.score().logLoss() / folds;
    }
    double squares = 0.0;
    long iterations = 0;
    for (int fold = 0; fold < folds; fold++) {
      FitOutcome outcome = outcome(outcomes, fold, penalty);
      double difference = outcome.score().accuracy() - accuracy;
      squares += difference * difference;
      iterations += outcome.iterations();
    }
    FitOutcome allRows = outcome(outcomes, folds, penalty);
    return new Row(
        problem.lambda(penalty),
        accuracy,
        Math.sqrt(squares / (folds - 1) / folds),
        logLoss,
        allRows.nonzeros(),
        iterations + allRows.iterations());
  }

  private static FitOutcome outcome(Map<FitTask, FitOutcome> outcomes, int fold, int penalty) {
    FitOutcome outcome = outcomes.get(new FitTask(fold, penalty));
    if (outcome == null) {
      throw new IllegalArgumentException("no outcome of fold " + fold + " penalty " + penalty);
    }
    return outcome;
  }
}
