package io.warmstart.stress.power;

/** What was acknowledged when the power went. */
public enum LastOperation {
  /** The first save ever, to a root that did not exist. */
  NEW_ROOT,
  /** The first save under a key. */
  NEW_KEY,
  /** A save under a fresh run of a key that has others. */
  EXISTING_KEY,
  OVERWRITE,
  EVICTION,
  /** An overwrite that was not acknowledged: the power went in the middle of it. */
  UNDER_WAY
}
