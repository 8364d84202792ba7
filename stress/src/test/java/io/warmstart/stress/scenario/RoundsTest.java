package io.warmstart.stress.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.model.Durability;
import io.warmstart.stress.frame.RunOptions;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoundsTest {
  private static RunOptions options(long atLeast) {
    return new RunOptions(
        2, 1, atLeast, Durability.IN_FILES, 5, Path.of("/nowhere"), List.of(Path.of("/nowhere")));
  }

  @ParameterizedTest
  @CsvSource({"0, 100", "1, 100", "2, 200", "3, 400", "4, 800", "5, 800", "50, 800"})
  void roundsThatMakeUpForOthersAreLonger(int round, long nanos) {
    assertEquals(nanos, Rounds.nanosOf(options(0), round, 2, 100));
  }

  @Test
  void roundsOfVolumesAreAllAlike() {
    assertEquals(100, Rounds.nanosOf(options(1_000_000), 50, 2, 100));
  }
}
