package io.warmstart.ranking;

import io.warmstart.model.Ranking;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

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

  /** The runs of a key's best entry, by the lowest objective, and of its latest. */
  public static Set<String> bestAndLatest(Collection<Candidate> all) {
    Set<String> runs = new HashSet<>();
    RankingRule.LOWEST_OBJECTIVE.winner(all).map(Candidate::runId).ifPresent(runs::add);
    RankingRule.LATEST.winner(all).map(Candidate::runId).ifPresent(runs::add);
    return runs;
  }

  /**
   * Which of a key's winners in the index is its. It is written there: a new ranking comes last.
   */
  @SuppressWarnings("EnumOrdinal")
  public static int index(Ranking ranking) {
    return ranking.ordinal();
  }
}
