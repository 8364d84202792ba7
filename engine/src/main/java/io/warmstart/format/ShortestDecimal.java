package io.warmstart.format;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/**
 * Writes a double with the fewest digits that read back as the same double, in the notation of
 * serde_json, so that an objective looks the same whichever store wrote the manifest last.
 */
final class ShortestDecimal {
  /*
   * Double.toString reads back exactly, but before JDK 19 it now and then has a digit too many, and
   * in every JDK it writes at least two (4.9E-324 for 5e-324). So its digits are where the search
   * begins: as long as one digit less still reads back, take one digit less. A shorter decimal that
   * works has itself a longer spelling, so the search may stop at the first length that fails.
   *
   * Notation: plain while the decimal point stands within or near the digits (exponents -5 to 15),
   * else d.ddde±x without a plus sign.
   */
  private static final int MIN_PLAIN_POINT = -5;
  private static final int MAX_PLAIN_POINT = 16;

  private ShortestDecimal() {}

  /** Returns the text of a finite value. */
  static String of(double value) {
    if (value == 0) {
      return 1 / value < 0 ? "-0.0" : "0.0";
    }
    BigDecimal shortest = shortest(value);
    String digits = shortest.unscaledValue().abs().toString();
    // The value is 0.digits * 10^point.
    int point = digits.length() - shortest.scale();
    return (value < 0 ? "-" : "") + layOut(digits, point);
  }

  private static BigDecimal shortest(double value) {
    BigDecimal exact = new BigDecimal(value);
    BigDecimal found = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    BigDecimal nearest = readingBack(value, exact, found.precision());
    if (nearest != null) {
      found = nearest;
    }
    while (found.precision() > 1) {
      BigDecimal shorter = readingBack(value, exact, found.precision() - 1);
      if (shorter == null) {
        break;
      }
      found = shorter;
    }
    return found;
  }

  /**
   * Below a power of two the doubles lie closer, so the nearest decimal can miss and its neighbour
   * not.
   */
  private static @Nullable BigDecimal readingBack(double value, BigDecimal exact, int precision) {
    for (RoundingMode mode :
        new RoundingMode[] {RoundingMode.HALF_EVEN, RoundingMode.UP, RoundingMode.DOWN}) {
      BigDecimal rounded = exact.round(new MathContext(precision, mode));
      if (rounded.doubleValue() == value) {
        return rounded.stripTrailingZeros();
      }
    }
    return null;
  }

  private static String layOut(String digits, int point) {
    int length = digits.length();
    if (length <= point && point <= MAX_PLAIN_POINT) {
      return digits + "0".repeat(point - length) + ".0";
    }
    if (0 < point && point <= MAX_PLAIN_POINT) {
      return digits.substring(0, point) + '.' + digits.substring(point);
    }
    if (MIN_PLAIN_POINT < point && point <= 0) {
      return "0." + "0".repeat(-point) + digits;
    }
    String fraction = length == 1 ? "" : "." + digits.substring(1);
    return digits.charAt(0) + fraction + 'e' + (point - 1);
  }
}
