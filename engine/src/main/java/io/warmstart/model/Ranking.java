package io.warmstart.model;

/** Which of a key's entries a lookup returns. */
public enum Ranking {
  /**
   * The lowest objective. Objectives closer than 1e-12 tie; a tie prefers a final result, then the
   * latest written. Any objective beats none; without any, the latest written wins.
   */
  LOWEST_OBJECTIVE,
  /** The latest written, a final result before a checkpoint of the same moment. */
  LATEST,
  /** The latest final result; if there is none, the checkpoint with the lowest objective. */
  FINAL_FIRST
}
