package io.warmstart.stress.cv;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.stress.cv.work.FitTask;
import java.util.List;
import org.junit.jupiter.api.Test;

class BestLedgerTest {
  private static final FitTask TASK = new FitTask(0, 1);

  private final BestLedger ledger = new BestLedger();

  @Test
  void aBestThatIsGoneAfterAWorseSaveIsLost() {
    ledger.saved(TASK, 0.5);
    ledger.saved(TASK, 0.9);
    ledger.found(TASK, 0.9);

    assertEquals(List.of(new BestLedger.Lost(TASK, 0.5, 0.9)), ledger.lost());
    assertEquals(1, ledger.worse());
  }

  @Test
  void noEntryAtAllAndNoNumberAreLosses() {
    ledger.saved(TASK, 0.5);
    ledger.found(TASK, Double.POSITIVE_INFINITY);
    ledger.found(TASK, Double.NaN);

    assertEquals(2, ledger.lost().size());
  }

  @Test
  void aTieOrWhatIsBetterThanWasAcknowledgedIsNoLoss() {
    ledger.saved(TASK, 0.5);
    ledger.found(TASK, 0.5 + 0.9e-12);
    // Saved by a worker that was killed before it could say so.
    ledger.found(TASK, 0.4);

    assertEquals(List.of(), ledger.lost());
    assertEquals(2, ledger.compared());
  }

  @Test
  void ofAFitThatNothingWasSavedOfNothingIsExpected() {
    ledger.found(TASK, Double.POSITIVE_INFINITY);

    assertEquals(List.of(), ledger.lost());
    assertEquals(0, ledger.compared());
  }
}
