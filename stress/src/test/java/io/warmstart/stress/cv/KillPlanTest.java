package io.warmstart.stress.cv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KillPlanTest {
  @ParameterizedTest
  @CsvSource({"3,220,70", "1,1,5", "20,12,8", "50,220,3", "5,6,1000"})
  void allKillsComeHoweverShortTheFitsAre(int kills, int fits, int iterationsPerFit) {
    for (long seed = 0; seed < 200; seed++) {
      assertEquals(
          kills,
          strikes(new KillPlan(kills, fits, seed), fits, iterationsPerFit).size(),
          "seed " + seed);
    }
  }

  @Test
  void killsAreSpreadOverTheRun() {
    for (long seed = 0; seed < 100; seed++) {
      List<Integer> struckAt = strikes(new KillPlan(4, 200, seed), 200, 70);
      for (int kill = 0; kill < 4; kill++) {
        int fit = struckAt.get(kill);
        assertFalse(fit < kill * 50 || fit > kill * 50 + 51, "seed " + seed + ": " + struckAt);
      }
    }
  }

  @Test
  void sameSeedGivesTheSameMoments() {
    assertEquals(
        strikes(new KillPlan(9, 100, 5), 100, 70), strikes(new KillPlan(9, 100, 5), 100, 70));
  }

  @Test
  void noKillsAskedForNoneCome() {
    assertEquals(List.of(), strikes(new KillPlan(0, 50, 1), 50, 70));
  }

  // One worker; a killed one's fit goes on from the iteration before.
  private static List<Integer> strikes(KillPlan plan, int fits, int iterationsPerFit) {
    List<Integer> struckAt = new ArrayList<>();
    for (int finished = 0; finished < fits; finished++) {
      int iteration = 0;
      while (iteration < iterationsPerFit) {
        if (plan.strikesAfterIteration(finished, fits - finished)) {
          struckAt.add(finished);
        } else {
          iteration++;
        }
      }
    }
    return struckAt;
  }
}
