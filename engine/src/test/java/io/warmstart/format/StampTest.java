package io.warmstart.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class StampTest {
  @Test
  void nanosecondsComeApartAndTogether() {
    Stamp stamp = Stamp.ofUnixNanos(1_795_188_951_948_840_001L);
    assertEquals(new Stamp(1_795_188_951L, 948_840_001), stamp);
    assertEquals(1_795_188_951_948_840_001L, stamp.toUnixNanosSaturated());
    assertEquals(Long.MAX_VALUE, Stamp.ofUnixNanos(Long.MAX_VALUE).toUnixNanosSaturated());
  }

  @Test
  void aClockBefore1970CountsAs1970() {
    assertEquals(Stamp.ZERO, Stamp.ofUnixNanos(-1));
    assertEquals(Stamp.ZERO, Stamp.ofUnixNanos(Long.MIN_VALUE));
  }

  @Test
  void farFutureSaturatesAndNeverTurnsNegative() {
    assertEquals(Long.MAX_VALUE, new Stamp(-1L, -1).toUnixNanosSaturated());
    assertEquals(Long.MAX_VALUE, new Stamp(Long.MAX_VALUE, 0).toUnixNanosSaturated());
    assertEquals(Long.MAX_VALUE, new Stamp(9_223_372_036L, 854_775_808).toUnixNanosSaturated());
    assertEquals(Long.MAX_VALUE - 1, new Stamp(9_223_372_036L, 854_775_806).toUnixNanosSaturated());
    assertEquals(0xffff_ffffL, new Stamp(0, -1).toUnixNanosSaturated());
  }

  @Test
  void orderIsUnsignedBySecondsThenByNanoseconds() {
    assertTrue(new Stamp(1, 999).compareTo(new Stamp(2, 0)) < 0);
    assertTrue(new Stamp(2, 0).compareTo(new Stamp(2, 1)) < 0);
    assertTrue(new Stamp(Long.MAX_VALUE, 0).compareTo(new Stamp(-1L, 0)) < 0);
    assertTrue(new Stamp(2, 999_999_999).compareTo(new Stamp(2, -1)) < 0);
    assertEquals(new Stamp(-1L, 0), Stamp.max(new Stamp(-1L, 0), new Stamp(5, 5)));
    assertEquals(new Stamp(5, 6), Stamp.max(new Stamp(5, 5), new Stamp(5, 6)));
  }

  @Test
  void textHasNineDigitsOfNanoseconds() {
    assertEquals("7.000000005", new Stamp(7, 5).toString());
    assertEquals("18446744073709551615.4294967295", new Stamp(-1L, -1).toString());
  }
}
