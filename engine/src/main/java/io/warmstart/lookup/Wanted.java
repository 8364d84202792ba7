package io.warmstart.lookup;

import io.warmstart.model.Ranking;
import io.warmstart.ranking.Candidate;
import io.warmstart.ranking.Rankings;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a lookup looks for among the entries of a key.
 *
 * @param ranking which of those that count comes first
 * @param runId the only one that counts; null if all do
 */
record Wanted(Ranking ranking, @Nullable String runId) {
  boolean isOf(String candidate) {
    return runId == null || runId.equals(candidate);
  }

  List<Candidate> among(List<Candidate> candidates) {
    return runId == null
        ? candidates
        : candidates.stream().filter(each -> isOf(each.runId())).toList();
  }

  List<Candidate> inOrder(List<Candidate> candidates) {
    return Rankings.rule(ranking).preferenceOrder(candidates);
  }
}
