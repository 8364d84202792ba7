package io.warmstart.stress.cv.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.warmstart.stress.cv.fit.ElasticNet;
import io.warmstart.stress.cv.fit.FitState;
import io.warmstart.stress.cv.fit.Folds;
import io.warmstart.stress.cv.fit.MultinomialLoss;
import io.warmstart.stress.cv.fit.Observations;
import io.warmstart.stress.cv.fit.ProximalGradient;
import io.warmstart.stress.cv.fit.TrainingSet;
import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The default job's fits of the penalty that it chooses, against those of another program with
 * another algorithm: scikit-learn's saga. Its figures were written by {@code
 * src/test/python/elastic_net_reference.py}, which shares nothing with this program but the data
 * file.
 */
@Tag("slow")
@Tag("once")
class ScikitLearnTest {
  /*
   * Both are at the one optimum but for their tolerances. Ours stops once no component of the
   * gradient mapping g is above 1e-6. The squared part of the penalty curves the objective by at
   * least m = lambda * (1 - alpha) = 0.0016 in every coefficient, so it is within
   * |g|^2 / (2 m) <= 650 * 1e-12 / 0.0032 = 2e-7 of its least value (4e-9 was seen). Saga goes on
   * until an epoch moves no coefficient by more than a billionth of the largest.
   */
  private static final double OBJECTIVE = 2e-7;

  /** The same curvature bounds it by |g| / m = 0.016; 5e-4 was seen. */
  private static final double COEFFICIENT = 1e-3;

  /**
   * What is below this the tolerance has left undecided: in the fit without fold 5 one coefficient
   * is 1.2e-6, and zero 21 iterations on. The smallest ones that stay are a thousand times that.
   */
  private static final double UNDECIDED = 1e-4;

  /** At which our fits are to agree as far as saga's go. */
  private static final double SETTLED = 1e-9;

  private static final double SETTLED_OBJECTIVE = 1e-12;

  /** 1.5e-6 was seen, which no further iteration of ours makes smaller: it is saga's. */
  private static final double SETTLED_COEFFICIENT = 1e-5;

  private static final CrossValidation PROBLEM =
      new CrossValidation(new CvSpec(1797, 10, 20, 0.5, 1));

  private static JsonNode reference = MissingNode.getInstance();

  @BeforeAll
  static void readReference() throws IOException {
    try (InputStream file =
        ScikitLearnTest.class.getResourceAsStream("/reference/elastic-net.json")) {
      assertNotNull(file);
      reference = new JsonMapper().readTree(file);
    }
  }

  @Test
  void bothFitTheSameProblem() {
    Observations digits = Observations.digits();
    Folds folds = Folds.stratified(digits, PROBLEM.spec().folds(), PROBLEM.spec().seed());
    char[] foldOfRow = new char[digits.rows()];
    for (int fold = 0; fold < folds.count(); fold++) {
      for (int row : folds.heldOutRows(fold)) {
        foldOfRow[row] = (char) ('0' + fold);
      }
    }

    assertEquals(digits.digestHex(), reference.at("/data_sha256").asText());
    assertEquals(PROBLEM.spec().alpha(), reference.at("/alpha").asDouble());
    assertEquals(new String(foldOfRow), reference.at("/fold_of_row").asText());
    double penalty = reference.at("/penalty").asDouble();
    assertEquals(penalty, PROBLEM.lambda(penaltyIndex()), 1e-12 * penalty);
  }

  @Test
  void fitToAllRowsIsTheSameModel() {
    FitState fitted = fit(allRows());

    JsonNode expected = reference.at("/all_rows");
    assertEquals(expected.at("/objective").asDouble(), fitted.objective(), OBJECTIVE);
    assertEquals(expected.at("/nonzeros").asInt(), fitted.nonzeros());
    assertSameModel(expected, fitted, COEFFICIENT);
  }

  @Test
  void foldsAreJudgedAlike() {
    double accuracy = 0.0;
    for (int fold = 0; fold < allRows(); fold++) {
      FitState fitted = fit(fold);
      FitOutcome outcome = FitOutcome.of(fitted, PROBLEM.score(task(fold), fitted));
      JsonNode expected = reference.at("/folds/" + fold);
      String which = "fold " + fold;
      assertEquals(expected.at("/rows").asInt(), PROBLEM.training(task(fold)).rows(), which);
      assertEquals(expected.at("/objective").asDouble(), outcome.objective(), OBJECTIVE, which);
      assertEquals(expected.at("/nonzeros").asInt(), decided(fitted), which);
      assertEquals(expected.at("/held_out").asInt(), outcome.score().rows(), which);
      assertEquals(expected.at("/correct").asInt(), outcome.score().correct(), which);
      accuracy += outcome.score().accuracy() / allRows();
    }
    assertEquals(reference.at("/accuracy").asDouble(), accuracy, 1e-12);
  }

  /** So that it is the tolerance alone which keeps the two apart: fold 5 too, where it does. */
  @Test
  void withASmallerToleranceBothMeet() {
    for (int fold = 0; fold <= allRows(); fold += 5) {
      FitState settled = settled(fold);
      JsonNode expected =
          fold == allRows() ? reference.at("/all_rows") : reference.at("/folds/" + fold);
      String which = "fold " + fold;
      assertEquals(expected.at("/nonzeros").asInt(), settled.nonzeros(), which);
      assertEquals(
          expected.at("/objective").asDouble(), settled.objective(), SETTLED_OBJECTIVE, which);
      if (fold == allRows()) {
        assertSameModel(expected, settled, SETTLED_COEFFICIENT);
      }
    }
  }

  private static void assertSameModel(JsonNode expected, FitState fitted, double tolerance) {
    double[] coefficients = fitted.coefficients();
    int classes = expected.at("/intercepts").size();
    int stride = coefficients.length / classes;
    for (int c = 0; c < classes; c++) {
      assertEquals(
          expected.at("/intercepts/" + c).asDouble(),
          coefficients[c * stride],
          tolerance,
          "intercept of class " + c);
      for (int j = 0; j + 1 < stride; j++) {
        String which = "class " + c + " pixel " + j;
        double theirs = expected.at("/coefficients/" + c + "/" + j).asDouble();
        double ours = coefficients[c * stride + 1 + j];
        assertEquals(theirs == 0.0, ours == 0.0, which);
        assertEquals(theirs, ours, tolerance, which);
      }
    }
  }

  private static int decided(FitState fitted) {
    double[] coefficients = fitted.coefficients();
    int stride = PROBLEM.training(task(allRows())).features() + 1;
    int decided = 0;
    for (int p = 0; p < coefficients.length; p++) {
      decided += p % stride != 0 && Math.abs(coefficients[p]) > UNDECIDED ? 1 : 0;
    }
    return decided;
  }

  private static int allRows() {
    return PROBLEM.spec().folds();
  }

  private static int penaltyIndex() {
    return reference.at("/penalty_index").asInt();
  }

  private static FitTask task(int fold) {
    return new FitTask(fold, penaltyIndex());
  }

  // Through the path, as the job does it: to the last bit the state that it saves as the final.
  private static FitState fit(int fold) {
    FitState state = FitState.cold(PROBLEM.training(task(fold)));
    for (int penalty = 0; penalty <= penaltyIndex(); penalty++) {
      FitState start = penalty == 0 ? state : FitState.seededFrom(state);
      state = converged(PROBLEM.optimiser(new FitTask(fold, penalty), start));
    }
    return state;
  }

  // From nothing: there is one optimum, and this way to it is shorter than the path.
  private static FitState settled(int fold) {
    TrainingSet rows = PROBLEM.training(task(fold));
    ElasticNet penalty =
        new ElasticNet(PROBLEM.lambda(penaltyIndex()), PROBLEM.spec().alpha(), rows.features() + 1);
    return converged(
        new ProximalGradient(new MultinomialLoss(rows), penalty, SETTLED, FitState.cold(rows)));
  }

  private static FitState converged(ProximalGradient optimiser) {
    while (!optimiser.converged()) {
      optimiser.iterate();
    }
    return optimiser.state();
  }
}
