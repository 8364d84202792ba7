package io.warmstart.model;

/** What an entry is. */
public enum EntryKind {
  /** Saved while the fit was running. */
  CHECKPOINT,
  /** Saved when the fit had ended. */
  FINAL
}
