package io.warmstart.stress.cv.work;

/**
 * One fit: a penalty of the path on the training rows of a fold.
 *
 * @param fold 0 to folds - 1, or the number of folds for the fit to all rows
 * @param penalty position on the path, 0 = the largest
 */
public record FitTask(int fold, int penalty) {
  FitTask neighbour() {
    return new FitTask(fold, penalty - 1);
  }

  @Override
  public String toString() {
    return "fold " + fold + " penalty " + penalty;
  }
}
