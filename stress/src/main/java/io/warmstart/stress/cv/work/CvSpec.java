package io.warmstart.stress.cv.work;

import java.util.List;
import java.util.Locale;

/**
 * What is cross-validated: together with the observations it decides every bit of the outcome, so
 * all of it is part of the keys.
 *
 * @param rows observations used, from the first; the whole data by default
 * @param folds folds, at least 2
 * @param penalties length of the penalty path, at least 2
 * @param alpha share of the absolute part of the penalty, above 0, at most 1
 * @param seed of the split into folds
 */
public record CvSpec(int rows, int folds, int penalties, double alpha, long seed) {
  /** Largest component of the gradient mapping at which a fit counts as converged. */
  public static final double TOLERANCE = 1e-6;

  /** Smallest penalty of the path over the largest. */
  public static final double SMALLEST_SHARE = 5e-4;

  /** Chains of fits along the path: one per fold and one for all rows. */
  public int chains() {
    return folds + 1;
  }

  /** Fits to do, all told. */
  public int fits() {
    return chains() * penalties;
  }

  /** What a reader of its results has to know, in a line. */
  public String line() {
    return String.format(
        Locale.ROOT, "%d folds, %,d rows, alpha %s, seed %d", folds, rows, alpha, seed);
  }

  /** The command-line options that give this specification. */
  public List<String> toOptions() {
    return List.of(
        "--rows=" + rows,
        "--folds=" + folds,
        "--penalties=" + penalties,
        "--alpha=" + alpha,
        "--seed=" + seed);
  }
}
