package io.warmstart.jmh.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class EstimateTest {
  /** Worked by hand: mean 3, standard error sqrt(2.5/5), t(4 degrees of freedom) = 2.776. */
  @Test
  void intervalIsStudents() {
    Estimate estimate = Estimate.ofMean(new double[] {1, 2, 3, 4, 5});

    assertEquals(3, estimate.mean(), 1e-12);
    assertEquals(2.7764451 * Math.sqrt(0.5), estimate.error(), 1e-6);
  }

  @Test
  void oneValueHasNoInterval() {
    Estimate estimate = Estimate.ofMean(new double[] {4});

    assertEquals(4, estimate.mean());
    assertFalse(estimate.hasInterval());
    assertFalse(estimate.partsFrom(1000));
  }

  @Test
  void pairedRatiosForgiveDriftThatHitsBoth() {
    double[] slowingDown = {100, 200, 400};
    double[] half = {50, 100, 200};

    Estimate paired = Estimate.ofPairedRatios(half, slowingDown);
    Estimate unpaired = Estimate.ofUnpairedRatio(half, slowingDown);

    assertEquals(0.5, paired.mean(), 1e-12);
    assertTrue(paired.partsFrom(1));
    assertEquals(0.5, unpaired.mean(), 1e-12);
    assertFalse(unpaired.partsFrom(1));
  }

  @Test
  void threeDigitsAreShown() {
    assertEquals("0.0123", Figures.plain(0.012345));
    assertEquals("12.3", Figures.plain(12.345));
    assertEquals("12345", Figures.plain(12345.4));
    assertEquals("0", Figures.plain(0));
    assertEquals("?", Figures.plain(Double.NaN));
  }
}
