package io.warmstart.ranking;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.format.Manifest;
import io.warmstart.format.Stamp;
import io.warmstart.model.Digest256;
import io.warmstart.testing.Seeds;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(Seeds.class)
class RankingRuleTest {
  private static final boolean FINAL = true;
  private static final boolean CHECKPOINT = false;

  private static Candidate candidate(
      String runId, OptionalDouble objective, boolean finalResult, long secs, int nanos) {
    return new Candidate(
        runId,
        Manifest.ofNewEntry(
            null,
            new Stamp(secs, nanos),
            objective,
            OptionalLong.empty(),
            finalResult,
            Digest256.ofWords(0, 0, 0, 0),
            0));
  }

  private static Candidate with(String runId, double objective, boolean finalResult, long secs) {
    return candidate(runId, OptionalDouble.of(objective), finalResult, secs, 0);
  }

  private static Candidate without(String runId, boolean finalResult, long secs) {
    return candidate(runId, OptionalDouble.empty(), finalResult, secs, 0);
  }

  /** Checks the whole order under every rotation and reversal of the listing. */
  private static void assertOrder(RankingRule rule, Candidate... preferredFirst) {
    List<Candidate> expected = List.of(preferredFirst);
    for (int rotation = 0; rotation < expected.size(); rotation++) {
      List<Candidate> listing = new ArrayList<>(expected);
      Collections.rotate(listing, rotation);
      assertEquals(expected, rule.preferenceOrder(listing));
      Collections.reverse(listing);
      assertEquals(expected, rule.preferenceOrder(listing));
      assertEquals(Optional.of(expected.get(0)), rule.winner(listing));
    }
  }

  @Test
  void lowestObjectiveWinsAndAnyObjectiveBeatsNone() {
    assertOrder(
        RankingRule.LOWEST_OBJECTIVE,
        with("a", -5, CHECKPOINT, 1),
        with("b", 1, CHECKPOINT, 2),
        with("c", 2, FINAL, 9),
        without("d", FINAL, 10),
        without("e", CHECKPOINT, 8));
  }

  @Test
  void aTieOfObjectivesPrefersFinalThenTheLatestThenTheGreaterRunId() {
    assertOrder(
        RankingRule.LOWEST_OBJECTIVE,
        with("c", 1 + 4e-13, FINAL, 1),
        with("b", 1 + 9e-13, CHECKPOINT, 3),
        with("z", 1, CHECKPOINT, 2),
        with("y", 1, CHECKPOINT, 2));
  }

  @Test
  void objectivesThatDifferByTheToleranceDoNotTie() {
    assertOrder(
        RankingRule.LOWEST_OBJECTIVE, with("a", 0, CHECKPOINT, 1), with("b", 1e-12, FINAL, 2));
    assertOrder(
        RankingRule.LOWEST_OBJECTIVE,
        with("b", 0.999e-12, FINAL, 1),
        with("a", -0.0, CHECKPOINT, 2));
  }

  /**
   * a ties with b and b with c, but not a with c. A scan that keeps the better of two would answer
   * c or a by the order of the listing.
   */
  @Test
  void aChainOfTiesIsATieWithTheLowestOnly() {
    assertOrder(
        RankingRule.LOWEST_OBJECTIVE,
        with("b", 0.8e-12, CHECKPOINT, 2),
        with("a", 0, CHECKPOINT, 1),
        with("c", 1.6e-12, CHECKPOINT, 3));
    // Once a and b are out of the way, c ties with d.
    assertOrder(
        RankingRule.LOWEST_OBJECTIVE,
        with("a", 0, FINAL, 3),
        with("b", 0.8e-12, FINAL, 2),
        with("d", 2.4e-12, FINAL, 4),
        with("c", 1.6e-12, CHECKPOINT, 3));
  }

  @Test
  void extremeObjectivesAreOrdered() {
    assertOrder(
        RankingRule.LOWEST_OBJECTIVE,
        with("a", -Double.MAX_VALUE, CHECKPOINT, 1),
        with("c", Double.MIN_VALUE, CHECKPOINT, 4),
        with("b", -0.0, CHECKPOINT, 3),
        with("d", 1, CHECKPOINT, 5),
        with("e", Double.MAX_VALUE, FINAL, 6));
  }

  @Test
  void latestGoesByTheWrittenStampAlone() {
    Candidate touched = with("d", 0, CHECKPOINT, 1);
    assertOrder(
        RankingRule.LATEST,
        candidate("a", OptionalDouble.empty(), CHECKPOINT, 5, 2),
        candidate("b", OptionalDouble.of(7), FINAL, 5, 1),
        candidate("c", OptionalDouble.of(1), CHECKPOINT, 5, 1),
        new Candidate("d", touched.manifest().withAccess(new Stamp(100, 0))));
  }

  @Test
  void withNoObjectivesTheLatestWrittenIsBest() {
    assertOrder(
        RankingRule.LOWEST_OBJECTIVE,
        without("a", CHECKPOINT, 3),
        without("b", FINAL, 2),
        without("c", CHECKPOINT, 2));
  }

  @Test
  void finalFirstIsTheLatestFinalElseTheBestCheckpoint() {
    assertOrder(
        RankingRule.FINAL_FIRST,
        with("a", 9, FINAL, 5),
        with("b", 1, FINAL, 4),
        with("c", 0, CHECKPOINT, 1),
        with("d", 2, CHECKPOINT, 9),
        without("e", CHECKPOINT, 10));
    assertOrder(RankingRule.FINAL_FIRST, with("c", 0, CHECKPOINT, 1), with("d", 2, CHECKPOINT, 9));
  }

  @ParameterizedTest
  @EnumSource(RankingRule.class)
  void nobodyWinsAmongNone(RankingRule rule) {
    assertEquals(Optional.empty(), rule.winner(List.of()));
    assertEquals(List.of(), rule.preferenceOrder(List.of()));
  }

  @ParameterizedTest
  @EnumSource(RankingRule.class)
  void everyOrderAgreesWithTheRuleAppliedNaivelyWhateverTheListing(
      RankingRule rule, Random random) {
    for (int round = 0; round < 3_000; round++) {
      List<Candidate> listing = new ArrayList<>();
      int count = 1 + random.nextInt(9);
      for (int i = 0; i < count; i++) {
        listing.add(randomCandidate("r" + i, random));
      }
      List<Candidate> expected = naiveOrder(rule, listing);
      Collections.shuffle(listing, random);
      assertEquals(expected, rule.preferenceOrder(listing));
      assertEquals(Optional.of(expected.get(0)), rule.winner(listing));
      Candidate a = listing.get(random.nextInt(count));
      Candidate b = listing.get(random.nextInt(count));
      int naive = a.equals(b) ? 0 : naiveBeats(rule, a, b, List.of(a, b)) ? -1 : 1;
      assertEquals(naive, rule.compare(a, b));
      assertEquals(-naive, rule.compare(b, a));
    }
  }

  @Test
  void manyCandidatesAreOrderedInPassing() {
    List<Candidate> listing = new ArrayList<>();
    for (int i = 0; i < 50_000; i++) {
      listing.add(with("r" + i, i * 1e-17, CHECKPOINT, i % 7));
    }
    List<Candidate> order = RankingRule.LOWEST_OBJECTIVE.preferenceOrder(listing);
    assertEquals(50_000, order.size());
    assertTrue(order.containsAll(listing.subList(0, 10)));
  }

  private static Candidate randomCandidate(String runId, Random random) {
    OptionalDouble objective =
        random.nextInt(4) == 0
            ? OptionalDouble.empty()
            : OptionalDouble.of(random.nextInt(8) * (random.nextBoolean() ? 0.4e-12 : 0.25));
    return candidate(
        runId, objective, random.nextInt(3) == 0, random.nextInt(3), random.nextInt(2));
  }

  /** Repeatedly the one that no other of the rest beats. */
  private static List<Candidate> naiveOrder(RankingRule rule, List<Candidate> candidates) {
    List<Candidate> rest = new ArrayList<>(candidates);
    List<Candidate> order = new ArrayList<>();
    while (!rest.isEmpty()) {
      List<Candidate> among = List.copyOf(rest);
      List<Candidate> unbeaten =
          among.stream()
              .filter(
                  c -> among.stream().noneMatch(o -> !o.equals(c) && naiveBeats(rule, o, c, among)))
              .toList();
      assertEquals(1, unbeaten.size());
      order.add(unbeaten.get(0));
      rest.remove(unbeaten.get(0));
    }
    return order;
  }

  private static boolean naiveBeats(
      RankingRule rule, Candidate a, Candidate b, List<Candidate> among) {
    Manifest x = a.manifest();
    Manifest y = b.manifest();
    if (rule == RankingRule.LATEST) {
      return naiveLater(a, b);
    }
    if (rule == RankingRule.FINAL_FIRST) {
      if (x.finalResult() != y.finalResult()) {
        return x.finalResult();
      }
      if (x.finalResult()) {
        return naiveLater(a, b);
      }
      return naiveBeats(
          RankingRule.LOWEST_OBJECTIVE,
          a,
          b,
          among.stream().filter(c -> !c.manifest().finalResult()).toList());
    }
    if (x.objective().isPresent() != y.objective().isPresent()) {
      return x.objective().isPresent();
    }
    if (x.objective().isEmpty()) {
      return naiveLater(a, b);
    }
    double lowest =
        among.stream()
            .filter(c -> c.manifest().objective().isPresent())
            .mapToDouble(c -> c.manifest().objective().getAsDouble())
            .min()
            .orElseThrow();
    boolean aTies = Math.abs(x.objective().getAsDouble() - lowest) < 1e-12;
    boolean bTies = Math.abs(y.objective().getAsDouble() - lowest) < 1e-12;
    if (aTies != bTies) {
      return aTies;
    }
    if (!aTies && x.objective().getAsDouble() != y.objective().getAsDouble()) {
      return x.objective().getAsDouble() < y.objective().getAsDouble();
    }
    return x.finalResult() != y.finalResult() ? x.finalResult() : naiveLater(a, b);
  }

  private static boolean naiveLater(Candidate a, Candidate b) {
    Manifest x = a.manifest();
    Manifest y = b.manifest();
    if (!x.written().equals(y.written())) {
      return x.written().unixSecs() != y.written().unixSecs()
          ? x.written().unixSecs() > y.written().unixSecs()
          : x.written().nanos() > y.written().nanos();
    }
    if (x.finalResult() != y.finalResult()) {
      return x.finalResult();
    }
    return a.runId().compareTo(b.runId()) > 0;
  }
}
