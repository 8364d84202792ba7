package io.warmstart.stress.fault;

/** What is under way when a call fails. */
public enum Target {
  /** Opening a root that does not exist. */
  OPEN_NEW_ROOT,
  /** Opening a root that does. */
  OPEN,
  SAVE_TO_NEW_KEY,
  SAVE_TO_EXISTING_KEY,
  OVERWRITE,
  LOOKUP,
  /** A sweep that has something to evict. */
  SWEEP,
  /** A lookup that meets an overwrite that was cut off between its renames by another fault. */
  LOOKUP_RECOVERS,
  /** A sweep that meets one. */
  SWEEP_RECOVERS,
  /** A verification that repairs one. */
  REPAIR;

  /** Whether an overwrite is cut off beforehand. */
  boolean recovers() {
    return this == LOOKUP_RECOVERS || this == SWEEP_RECOVERS || this == REPAIR;
  }

  /** Whether the store is opened beforehand. */
  boolean needsOpenStore() {
    return this != OPEN_NEW_ROOT && this != OPEN;
  }
}
