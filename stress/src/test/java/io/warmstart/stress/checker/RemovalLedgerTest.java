package io.warmstart.stress.checker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.stress.checker.RemovalLedger.Gone;
import io.warmstart.stress.history.Kind;
import io.warmstart.stress.history.Operation;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RemovalLedgerTest {
  @Test
  void everyEntryThatIsGoneAndEveryRemovalMeet() {
    assertEquals(
        Optional.empty(),
        RemovalLedger.check(
            List.of(gone(1, 0, 100), gone(2, 10, 100), gone(3, 30, 100)),
            List.of(sweep(5, 20, 2), sweep(25, 40, 1)),
            true));
  }

  @Test
  void sweepThatEndedBeforeTheSaveCannotHaveRemovedIt() {
    assertTrue(
        RemovalLedger.check(List.of(gone(1, 50, 100)), List.of(sweep(5, 20, 1)), false)
            .isPresent());
  }

  @Test
  void sweepThatBeganAfterItWasMissedCannotHaveRemovedIt() {
    assertTrue(
        RemovalLedger.check(List.of(gone(1, 0, 10)), List.of(sweep(20, 30, 1)), false).isPresent());
  }

  @Test
  void sweepDoesNotAccountForMoreThanItReports() {
    assertTrue(
        RemovalLedger.check(
                List.of(gone(1, 0, 100), gone(2, 0, 100)), List.of(sweep(5, 20, 1)), false)
            .isPresent());
  }

  @Test
  void removalThatNobodyMissesIsOneOfAnEntryThatCameBackOrNeverWas() {
    List<Operation> sweeps = List.of(sweep(5, 20, 2));

    assertTrue(RemovalLedger.check(List.of(gone(1, 0, 100)), sweeps, true).isPresent());
    assertEquals(Optional.empty(), RemovalLedger.check(List.of(gone(1, 0, 100)), sweeps, false));
  }

  @Test
  void laterSweepIsLeftForTheEntryThatNeedsIt() {
    // Given to the first entry, the long sweep would be missing for the second.
    assertEquals(
        Optional.empty(),
        RemovalLedger.check(
            List.of(gone(1, 0, 100), gone(2, 60, 100)),
            List.of(sweep(1, 90, 1), sweep(2, 50, 1)),
            true));
  }

  private static Gone gone(long version, long written, long missed) {
    return new Gone(0, version, written, missed);
  }

  private static Operation sweep(long from, long to, long removed) {
    return new Operation(0, Kind.SWEEP, -1, -1, 0, from, to, false, removed);
  }
}
