package io.warmstart.stress.cv.fit;

/**
 * The observations that one fit may see, with each feature centred and scaled by the mean and the
 * standard deviation of these rows alone: nothing of the held-out rows leaks into a fold's fit.
 *
 * <p>A feature that never changes within the rows becomes all zeros, so its coefficients stay zero.
 *
 * <p><b>Threads:</b> immutable once built; the arrays handed out are shared and must not be
 * written.
 */
public final class TrainingSet {
  private final double[][] columns;
  private final int[] labels;
  private final double[] means;
  private final double[] inverseDeviations;
  private final int classes;

  private TrainingSet(
      double[][] columns, int[] labels, double[] means, double[] inverseDeviations, int classes) {
    this.columns = columns;
    this.labels = labels;
    this.means = means;
    this.inverseDeviations = inverseDeviations;
    this.classes = classes;
  }

  /** Standardises the given rows of {@code observations}. */
  public static TrainingSet of(Observations observations, int[] rows) {
    if (rows.length == 0) {
      throw new IllegalArgumentException("a training set needs at least one row");
    }
    int features = observations.features();
    double[][] columns = new double[features][rows.length];
    double[] means = new double[features];
    double[] inverseDeviations = new double[features];
    for (int j = 0; j < features; j++) {
      double[] source = observations.feature(j);
      double[] column = columns[j];
      double sum = 0.0;
      for (int i = 0; i < rows.length; i++) {
        column[i] = source[rows[i]];
        sum += column[i];
      }
      double mean = sum / rows.length;
      double squares = 0.0;
      for (int i = 0; i < rows.length; i++) {
        column[i] -= mean;
        squares += column[i] * column[i];
      }
      double deviation = Math.sqrt(squares / rows.length);
      double inverse = deviation > 0.0 ? 1.0 / deviation : 0.0;
      for (int i = 0; i < rows.length; i++) {
        column[i] *= inverse;
      }
      means[j] = mean;
      inverseDeviations[j] = inverse;
    }
    int[] labels = new int[rows.length];
    for (int i = 0; i < rows.length; i++) {
      labels[i] = observations.label(rows[i]);
    }
    return new TrainingSet(columns, labels, means, inverseDeviations, observations.classes());
  }

  public int rows() {
    return labels.length;
  }

  public int features() {
    return columns.length;
  }

  public int classes() {
    return classes;
  }

  /** Coefficients of one fit: per class an intercept and one per feature. */
  public int coefficients() {
    return classes * (features() + 1);
  }

  double[] column(int feature) {
    return columns[feature];
  }

  public int label(int row) {
    return labels[row];
  }

  /** A raw feature value on the scale that the coefficients were fitted on. */
  public double standardise(int feature, double value) {
    return (value - means[feature]) * inverseDeviations[feature];
  }
}
