package io.warmstart.stress.frame;

/** What came of a scenario. */
public enum Verdict {
  PASSED,
  FAILED,
  SKIPPED
}
