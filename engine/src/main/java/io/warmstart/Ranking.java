package io.warmstart;

import io.warmstart.format.RankingRule;

/** Which of a key's entries a lookup returns. */
public enum Ranking {
  /**
   * The lowest objective. Objectives closer than 1e-12 tie; a tie prefers a final result, then the
   * latest written. Any objective beats none; without any, the latest written wins.
   */
  LOWEST_OBJECTIVE(RankingRule.LOWEST_OBJECTIVE, 0),
  /** The latest written, a final result before a checkpoint of the same moment. */
  LATEST(RankingRule.LATEST, 1),
  /** The latest final result; if there is none, the checkpoint with the lowest objective. */
  FINAL_FIRST(RankingRule.FINAL_FIRST, 2);

  private final RankingRule rule;

  private final int place;

  Ranking(RankingRule rule, int place) {
    this.rule = rule;
    this.place = place;
  }

  /** Which of a key's winners in the index is this ranking's; written into the file. */
  int place() {
    return place;
  }

  RankingRule rule() {
    return rule;
  }
}
