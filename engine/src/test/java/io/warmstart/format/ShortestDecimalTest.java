package io.warmstart.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.testing.Seeds;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(Seeds.class)
class ShortestDecimalTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0",
        "-0.0",
        "1.0",
        "-1.5",
        "0.1",
        "4.35",
        "100.0",
        "0.002",
        "0.3333333333333333",
        "1000000000000000.0",
        "9007199254740992.0",
        "1e16",
        "1.2345678901234568e17",
        "1.2345678901234567e300",
        "0.0001",
        "0.00001",
        "1e-6",
        "1.5e-6",
        "5e-324",
        "1.5e-323",
        "9.5e-322",
        "1.7976931348623157e308",
        "-1.7976931348623157e308",
        "2.2250738585072014e-308",
        "5.684341886080802e-14",
        "2e23",
        "1e22",
        "1e23",
        "8.41e21",
        "1.1805916207174113e21",
        "8.98846567431158e307",
        "6.189700196426902e26",
        "7.888609052210118e-31"
      })
  void shortestTextsInTheNotationOfTheOtherStore(String text) {
    assertEquals(text, ShortestDecimal.of(Double.parseDouble(text)));
  }

  @Test
  void everyTextReadsBackAndNoneWithADigitLessDoes(Random random) {
    for (int i = 0; i < 20_000; i++) {
      double value = randomFinite(random);
      String text = ShortestDecimal.of(value);
      assertEquals(
          Double.doubleToRawLongBits(value),
          Double.doubleToRawLongBits(Double.parseDouble(text)),
          text);
      int digits = new BigDecimal(text).stripTrailingZeros().precision();
      BigDecimal exact = new BigDecimal(value);
      for (RoundingMode mode : new RoundingMode[] {RoundingMode.FLOOR, RoundingMode.CEILING}) {
        if (digits > 1) {
          double shorter = exact.round(new MathContext(digits - 1, mode)).doubleValue();
          assertTrue(shorter != value, () -> text + " has a digit too many");
        }
      }
    }
  }

  private static double randomFinite(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> random.nextGaussian() * 1000;
      case 1 -> Math.scalb(1.0, random.nextInt(2098) - 1074);
      case 2 -> random.nextInt(1_000_000) / 1000.0;
      default -> {
        double value = Double.longBitsToDouble(random.nextLong());
        yield Double.isFinite(value) ? value : 1;
      }
    };
  }
}
