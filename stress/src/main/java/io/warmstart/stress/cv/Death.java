package io.warmstart.stress.cv;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.warmstart.stress.cv.work.FitTask;

/**
 * A worker's death in the middle of a fit, and what it cost.
 *
 * @param worker the worker's number
 * @param planned whether the coordinator killed it
 * @param task the fit that it held
 * @param reached last iteration that it told of
 * @param saved last iteration whose checkpoint the store had acknowledged to it
 * @param resumedFrom iteration at which the next worker took over
 * @param unsavedMillis time from that acknowledgement to the death
 */
record Death(
    int worker,
    boolean planned,
    FitTask task,
    long reached,
    long saved,
    long resumedFrom,
    long unsavedMillis) {
  @JsonProperty("lost_iterations")
  long lostIterations() {
    return Math.max(0, reached - resumedFrom);
  }

  /** Whether the store still had what it had acknowledged. */
  @JsonProperty("kept_acknowledged")
  boolean keptAcknowledged() {
    return resumedFrom >= saved;
  }
}
