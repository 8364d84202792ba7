package io.warmstart.stress.cv;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.stress.cv.fit.HeldOutScore;
import io.warmstart.stress.cv.work.CrossValidation;
import io.warmstart.stress.cv.work.CvSpec;
import io.warmstart.stress.cv.work.FitOutcome;
import io.warmstart.stress.cv.work.FitTask;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CvTableTest {
  private final CrossValidation problem = new CrossValidation(new CvSpec(100, 2, 4, 0.5, 1));

  @Test
  void meanAndStandardErrorAreThoseOfTheFolds() {
    CvTable table = table(new int[] {10, 60, 70, 80}, new int[] {10, 80, 90, 90});

    CvTable.Row row = table.rows().get(1);
    assertEquals(0.7, row.accuracy(), 1e-12);
    // Two values 0.2 apart: deviation 0.2 / sqrt(2), error of the mean that / sqrt(2).
    assertEquals(0.1, row.standardError(), 1e-12);
    assertEquals(0.5, row.logLoss(), 1e-12);
    assertEquals(7, row.nonzeros());
    assertEquals(3 * 11, row.iterations());
    assertEquals(problem.lambda(1), row.penalty());
  }

  @Test
  void chosenIsTheLargestPenaltyWithinOneStandardErrorOfTheBest() {
    // Best 0.85 with standard error 0.05; 0.80 is just within, 0.70 is not.
    CvTable table = table(new int[] {10, 60, 70, 80}, new int[] {10, 80, 90, 90});

    assertEquals(3, table.best());
    assertEquals(2, table.chosen());
  }

  @Test
  void largerPenaltyOfEqualsIsTheBest() {
    CvTable table = table(new int[] {10, 90, 90, 90}, new int[] {10, 90, 90, 90});

    assertEquals(1, table.best());
    assertEquals(1, table.chosen());
  }

  private CvTable table(int[] correctOfFirst, int[] correctOfSecond) {
    Map<FitTask, FitOutcome> outcomes = new HashMap<>();
    for (int penalty = 0; penalty < 4; penalty++) {
      outcomes.put(new FitTask(0, penalty), outcome(100, correctOfFirst[penalty], 0.25));
      outcomes.put(new FitTask(1, penalty), outcome(100, correctOfSecond[penalty], 0.75));
      outcomes.put(new FitTask(2, penalty), outcome(0, 0, Double.NaN));
    }
    return CvTable.of(problem, outcomes);
  }

  private static FitOutcome outcome(int rows, int correct, double logLoss) {
    return new FitOutcome(11, 1.0, 7, new HeldOutScore(rows, correct, logLoss), "");
  }
}
