package io.warmstart.stress.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.Durability;
import io.warmstart.stress.frame.Scenario;
import io.warmstart.stress.scenario.Scenarios;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class VolumePlanTest {
  private final List<VolumeRow> rows = VolumePlan.rows(1);

  @Test
  void everyRowAsksForWhatItsScenarioTakes() {
    for (VolumeRow row : rows) {
      Scenario scenario = Scenarios.named(row.scenario());
      assertTrue(
          row.durability() == Durability.IN_FILES || scenario.takesDurability(), row.title());
      assertTrue(row.atLeast() == 0 || !scenario.volumes().isEmpty(), row.title());
    }
  }

  @Test
  void everyScenarioHasItsRow() {
    assertEquals(
        List.of(),
        Scenarios.all().stream()
            .map(Scenario::name)
            .filter(name -> rows.stream().noneMatch(row -> row.scenario().equals(name)))
            .toList());
  }

  @Test
  void journalIsTriedInEachDurability() {
    for (String scenario : List.of("kill", "eviction-race", "overwrite-read", "power-cut")) {
      Set<Durability> tried =
          rows.stream()
              .filter(row -> row.scenario().equals(scenario))
              .map(VolumeRow::durability)
              .collect(Collectors.toSet());

      assertEquals(EnumSet.allOf(Durability.class), tried, scenario);
    }
  }

  @Test
  void noRowIsThereTwiceSinceTheSecondWouldCountAsRun() {
    assertEquals(rows.size(), new HashSet<>(rows).size());
  }

  @Test
  void scaleIsHowManyTimesAsMuch() {
    VolumeRow once = rows.get(0);
    VolumeRow thrice = VolumePlan.rows(3).get(0);

    assertEquals(3 * once.atLeast(), thrice.atLeast());
    assertEquals(3 * once.seconds(), thrice.seconds());
  }
}
