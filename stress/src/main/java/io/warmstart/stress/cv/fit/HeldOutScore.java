package io.warmstart.stress.cv.fit;

/**
 * How a fit does on rows that it has not seen.
 *
 * @param rows rows judged
 * @param correct rows whose most probable class is the true one
 * @param logLoss mean negative log likelihood; NaN without rows
 */
public record HeldOutScore(int rows, int correct, double logLoss) {
  /** Judges {@code coefficients}, fitted to {@code training}, on {@code rows}. */
  public static HeldOutScore of(
      TrainingSet training, double[] coefficients, Observations observations, int[] rows) {
    int classes = training.classes();
    int stride = training.features() + 1;
    double[] predictors = new double[classes];
    int correct = 0;
    double sum = 0.0;
    for (int row : rows) {
      for (int c = 0; c < classes; c++) {
        predictors[c] = coefficients[c * stride];
      }
      for (int j = 0; j + 1 < stride; j++) {
        double value = training.standardise(j, observations.feature(j)[row]);
        for (int c = 0; c < classes; c++) {
          predictors[c] += coefficients[c * stride + 1 + j] * value;
        }
      }
      int likeliest = 0;
      for (int c = 1; c < classes; c++) {
        likeliest = predictors[c] > predictors[likeliest] ? c : likeliest;
      }
      double total = 0.0;
      for (double predictor : predictors) {
        total += StrictMath.exp(predictor - predictors[likeliest]);
      }
      int label = observations.label(row);
      correct += likeliest == label ? 1 : 0;
      sum += predictors[likeliest] + StrictMath.log(total) - predictors[label];
    }
    return new HeldOutScore(
        rows.length, correct, rows.length == 0 ? Double.NaN : sum / rows.length);
  }

  /** Share of rows judged correctly; NaN without rows. */
  public double accuracy() {
    return correct / (double) rows;
  }
}
