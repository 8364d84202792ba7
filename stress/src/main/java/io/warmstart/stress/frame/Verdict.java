package io.warmstart.stress.frame;

import java.util.List;

/** What came of a scenario. */
public enum Verdict {
  PASSED,
  FAILED,
  SKIPPED;

  private static final int DONE = 0;
  private static final int PROBLEM = 1;
  private static final int ALL_SKIPPED = 4;

  /** The exit status of a program that has run so many. */
  public static int exitStatus(List<Verdict> verdicts) {
    if (verdicts.contains(FAILED)) {
      return PROBLEM;
    }
    return verdicts.stream().allMatch(each -> each == SKIPPED) ? ALL_SKIPPED : DONE;
  }
}
