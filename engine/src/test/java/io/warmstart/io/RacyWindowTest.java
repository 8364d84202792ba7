package io.warmstart.io;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * On ext4 with inodes of 128 bytes a file's time has whole seconds. A directory that was read 25 ms
 * after its stamp was taken for settled, and what another program did to it in the rest of that
 * second was never seen.
 */
class RacyWindowTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long WHOLE = 1_700_000_000 * SECOND;
  private static final long FINE = WHOLE + 123_456_789;

  @Test
  void aFineStampIsSettledOnceEveryKernelsClockHasTicked() {
    assertTrue(RacyWindow.SAME_CLOCK.isRacy(FINE, FINE + 24 * MILLI));
    assertFalse(RacyWindow.SAME_CLOCK.isRacy(FINE, FINE + 25 * MILLI));
  }

  @Test
  void aStampOfWholeSecondsIsNotBeforeTwoHavePassed() {
    assertTrue(RacyWindow.SAME_CLOCK.isRacy(WHOLE, WHOLE + 2 * SECOND + 24 * MILLI));
    assertFalse(RacyWindow.SAME_CLOCK.isRacy(WHOLE, WHOLE + 2 * SECOND + 25 * MILLI));
  }

  @Test
  void aServersClockMayBeASecondOff() {
    assertTrue(RacyWindow.OTHER_CLOCK.isRacy(FINE, FINE + 2 * SECOND - 1));
    assertFalse(RacyWindow.OTHER_CLOCK.isRacy(FINE, FINE + 2 * SECOND));
    assertTrue(RacyWindow.OTHER_CLOCK.isRacy(WHOLE, WHOLE + 3 * SECOND - 1));
    assertFalse(RacyWindow.OTHER_CLOCK.isRacy(WHOLE, WHOLE + 3 * SECOND));
  }

  @Test
  void whatLiesAheadOfTheClockOrHasNoTimeProvesNothing() {
    assertTrue(RacyWindow.SAME_CLOCK.isRacy(FINE, FINE - SECOND));
    assertTrue(RacyWindow.SAME_CLOCK.isRacy(0, FINE));
  }
}
