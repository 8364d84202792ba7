package io.warmstart.stress.cv;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.warmstart.stress.cv.work.CvSpec;
import io.warmstart.stress.cv.work.FitOutcome;
import io.warmstart.stress.cv.work.FitTask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What has to come out the same however a run went: the chosen penalty and, by digest, every bit of
 * the coefficients of every fit. Kept as JSON beside the root, for other runs to be held against.
 */
record CvResults(CvSpec spec, int chosen, double chosenPenalty, List<Fit> fits) {
  /** One fit's coefficients. */
  record Fit(int fold, int penalty, String coefficientsSha256) {}

  /**
   * How two results of one specification compare; the tolerance is none, not one bit.
   *
   * @param agreeing fits with the same coefficients to the last bit
   * @param fits fits compared
   * @param samePenalty whether both chose the same penalty
   * @param differing the first few fits that differ
   */
  record Comparison(int agreeing, int fits, boolean samePenalty, List<String> differing) {
    boolean agrees() {
      return agreeing == fits && samePenalty;
    }
  }

  private static final int DIFFERING_NAMED = 5;

  static CvResults of(CvSpec spec, CvTable table, Map<FitTask, FitOutcome> outcomes) {
    List<Fit> fits = new ArrayList<>();
    outcomes.forEach(
        (task, outcome) ->
            fits.add(new Fit(task.fold(), task.penalty(), outcome.coefficientsSha256())));
    double penalty = table.rows().get(table.chosen()).penalty();
    return new CvResults(spec, table.chosen(), penalty, List.copyOf(fits));
  }

  /**
   * Reads what {@link #toJson} made.
   *
   * @throws IOException naming the file if it cannot be read or is something else
   */
  static CvResults read(Path file, JsonMapper mapper) throws IOException {
    try {
      return mapper.readValue(Files.readAllBytes(file), CvResults.class);
    } catch (NoSuchFileException e) {
      throw new IOException("no such file: " + file, e);
    } catch (JacksonException e) {
      throw new IOException("not the results of a cross-validation: " + file, e);
    }
  }

  byte[] toJson(JsonMapper mapper) throws IOException {
    return mapper.writeValueAsBytes(this);
  }

  Comparison compareWith(CvResults reference) {
    Map<FitTask, String> expected = new HashMap<>();
    for (Fit fit : reference.fits) {
      expected.put(new FitTask(fit.fold, fit.penalty), fit.coefficientsSha256);
    }
    int agreeing = 0;
    List<String> differing = new ArrayList<>();
    for (Fit fit : fits) {
      FitTask task = new FitTask(fit.fold, fit.penalty);
      if (fit.coefficientsSha256.equals(expected.get(task))) {
        agreeing++;
      } else if (differing.size() < DIFFERING_NAMED) {
        differing.add(task.toString());
      }
    }
    return new Comparison(agreeing, fits.size(), chosen == reference.chosen, differing);
  }
}
