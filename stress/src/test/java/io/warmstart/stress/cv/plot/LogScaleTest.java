package io.warmstart.stress.cv.plot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigDecimal;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LogScaleTest {
  @Test
  void stepsAreOneTwoAndFiveTimesThePowersOfTen() {
    List<String> steps =
        new LogScale(0.02, 1.0).steps().stream().map(BigDecimal::toPlainString).toList();

    assertEquals(List.of("0.02", "0.05", "0.1", "0.2", "0.5", "1"), steps);
  }

  @Test
  void equalRatiosAreEqualLengths() {
    LogScale scale = new LogScale(0.001, 10.0);

    assertEquals(0.25, scale.share(0.01), 1e-12);
    assertEquals(0.5, scale.share(0.1), 1e-12);
    assertEquals(1.0, scale.share(10.0), 1e-12);
  }

  @Test
  void whatLiesBeyondStandsAtTheEnds() {
    LogScale scale = new LogScale(0.1, 1.0);

    assertEquals(0.0, scale.share(0.01));
    assertEquals(0.0, scale.share(0.0));
    assertEquals(0.0, scale.share(-3.0));
    assertEquals(1.0, scale.share(7.0));
  }

  @ParameterizedTest
  @CsvSource({
    "0.0227,0.9,0.02,1",
    "0.02,1,0.02,1",
    "0.3,0.31,0.2,0.5",
    "0.1,0.1,0.05,0.1",
    "3e-7,4e-7,2e-7,5e-7"
  })
  void axisRoundsOutToTheNearestSteps(double low, double high, double from, double to) {
    assertEquals(new LogScale(from, to), LogScale.aroundSteps(low, high));
  }

  @Test
  void axisWithoutLengthIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new LogScale(0.1, 0.1));
    assertThrows(IllegalArgumentException.class, () -> new LogScale(0.0, 1.0));
    assertThrows(IllegalArgumentException.class, () -> new LogScale(0.1, Double.NaN));
  }
}
