package io.warmstart.format;

import io.warmstart.model.Ranking;

/** What a ranking is to the files, and to the index. */
public final class Rankings {
  private Rankings() {}

  /** By which rule it prefers. */
  public static RankingRule rule(Ranking ranking) {
    return switch (ranking) {
      case LOWEST_OBJECTIVE -> RankingRule.LOWEST_OBJECTIVE;
      case LATEST -> RankingRule.LATEST;
      case FINAL_FIRST -> RankingRule.FINAL_FIRST;
    };
  }

  /**
   * Which of a key's winners in the index is its. It is written there: a new ranking comes last.
   */
  @SuppressWarnings("EnumOrdinal")
  public static int index(Ranking ranking) {
    return ranking.ordinal();
  }
}
