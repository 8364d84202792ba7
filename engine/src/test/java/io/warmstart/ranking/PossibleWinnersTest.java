package io.warmstart.ranking;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.format.Manifest;
import io.warmstart.format.Stamp;
import io.warmstart.model.Digest256;
import io.warmstart.model.Ranking;
import io.warmstart.testing.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(Seeds.class)
class PossibleWinnersTest {
  private static final Digest256 CHECKSUM = Digest256.ofWords(1, 2, 3, 4);

  @ParameterizedTest
  @EnumSource
  void theWinnerIsAmongThem(Ranking ranking, Random random) {
    int left = 0;
    int all = 0;
    for (int round = 0; round < 2_000; round++) {
      List<Candidate> candidates = candidates(random);
      PossibleWinners possible = new PossibleWinners(ranking);
      candidates.forEach(
          each -> possible.add(objective(each), written(each), each.manifest().finalResult()));
      List<Candidate> some =
          candidates.stream()
              .filter(
                  each ->
                      possible.include(
                          objective(each), written(each), each.manifest().finalResult()))
              .toList();

      RankingRule rule = Rankings.rule(ranking);
      assertEquals(rule.winner(candidates), rule.winner(some), () -> candidates.toString());
      left += some.size();
      all += candidates.size();
    }
    assertEquals(true, left < all / 2, left + " of " + all);
  }

  private static double objective(Candidate candidate) {
    return candidate.manifest().objective().orElse(Double.NaN);
  }

  private static long written(Candidate candidate) {
    return candidate.manifest().written().toUnixNanosSaturated();
  }

  /** Few values, so that there are ties, also such as are none to each other. */
  private static List<Candidate> candidates(Random random) {
    List<Candidate> candidates = new ArrayList<>();
    boolean objectives = random.nextInt(4) > 0;
    boolean finals = random.nextInt(3) > 0;
    for (int run = random.nextInt(12); run > 0; run--) {
      OptionalDouble objective =
          objectives && random.nextInt(4) > 0
              ? OptionalDouble.of(1 + random.nextInt(5) * 0.6e-12)
              : OptionalDouble.empty();
      Manifest manifest =
          Manifest.ofNewEntry(
              null,
              Stamp.ofUnixNanos(1_000 + random.nextInt(5)),
              objective,
              OptionalLong.empty(),
              finals && random.nextInt(4) == 0,
              CHECKSUM,
              0);
      candidates.add(new Candidate("run-" + run, manifest));
    }
    return candidates;
  }
}
