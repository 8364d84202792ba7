package io.warmstart.stress.cv.work;

/** Where a fit starts from. */
public enum Origin {
  /** Nowhere: all coefficients zero. */
  COLD,
  /** The final of the neighbouring penalty. */
  SEEDED,
  /** A checkpoint under its own key. */
  RESUMED,
  /** A final under its own key: nothing to do. */
  FINISHED
}
