package io.warmstart.stress.cv;

import io.warmstart.stress.cv.work.FitTask;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Whether the best state of a fit survives what is saved after it: the lowest objective of each fit
 * that the store has acknowledged, against the best that a worker finds there later.
 *
 * <p><b>Threads:</b> not safe; the coordinator's own.
 */
final class BestLedger {
  /** Objectives that are closer tie in the store's rankings. */
  private static final double TIE = 1e-12;

  /**
   * A fit whose best state is not there.
   *
   * @param acknowledged the lowest objective that was saved
   * @param found the lowest that was found after that; infinite if no entry was found
   */
  record Lost(FitTask task, double acknowledged, double found) {}

  private final Map<FitTask, Double> lowest = new HashMap<>();
  private final List<Lost> lost = new ArrayList<>();
  private long worse;
  private long compared;

  /** The store has acknowledged a state of a fit. */
  void saved(FitTask task, double objective) {
    double before = lowest.getOrDefault(task, Double.POSITIVE_INFINITY);
    if (objective > before + TIE) {
      worse++;
    }
    lowest.put(task, Math.min(before, objective));
  }

  /** A worker has looked for the best state of a fit. */
  void found(FitTask task, double objective) {
    Double acknowledged = lowest.get(task);
    if (acknowledged == null) {
      return;
    }
    compared++;
    if (!(objective <= acknowledged + TIE)) {
      lost.add(new Lost(task, acknowledged, objective));
    }
  }

  /** How many states were saved that were worse than one saved before: each might destroy it. */
  long worse() {
    return worse;
  }

  /** How often the best state was looked for after one had been saved. */
  long compared() {
    return compared;
  }

  List<Lost> lost() {
    return Collections.unmodifiableList(lost);
  }
}
