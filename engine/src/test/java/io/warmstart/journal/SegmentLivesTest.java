package io.warmstart.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Payload;
import io.warmstart.segment.Version;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When a segment begins another life, and what that costs. */
class SegmentLivesTest extends OwnedSegmentFixture {
  private static final boolean POWER_SAFE = true;
  private static final boolean PROCESS_SAFE = false;

  private final UnpairedRuns runs = new UnpairedRuns();

  /** Another segment of the same process. */
  private OwnedSegment other;

  @BeforeEach
  void openOther() throws IOException {
    other = openAnother();
  }

  @AfterEach
  void closeOther() {
    other.file().close();
  }

  private Pending append(OwnedSegment to, boolean powerSafe, boolean acknowledged)
      throws IOException {
    Version version = new Version(KEY, "run", EntryAttributes.checkpoint(), ++stamp, powerSafe);
    Pending record = to.append(version, Payload.of(new byte[PAYLOAD]));
    runs.add(record);
    if (acknowledged) {
      record.acknowledge();
    }
    return record;
  }

  /** Which of some versions need no pair. */
  private List<Boolean> superseded(Pending... versions) {
    runs.supersede();
    return Stream.of(versions).map(Pending::done).toList();
  }

  /** A sync of all would have each page that was stored to cost a fault in the next life. */
  @Test
  void anotherLifeSyncsItsHeaderAlone() throws IOException {
    append(owner, PROCESS_SAFE, true).finish();
    owner.advance();

    owner.recycle(1, 6);
    assertFalse(owner.ready());
    owner.makeReady();

    assertTrue(owner.ready());
    assertEquals(List.of(0, 1), List.of(syncs.count, syncs.ofBeginning));
  }

  @Test
  void aVersionNeedsNoPairOnceALaterOneIsPowerSafe() throws IOException {
    Pending first = append(owner, POWER_SAFE, true);
    Pending second = append(owner, PROCESS_SAFE, true);
    Pending third = append(owner, PROCESS_SAFE, true);
    assertEquals(List.of(false, false, false), superseded(first, second, third));

    Pending last = append(owner, POWER_SAFE, true);

    assertEquals(List.of(true, true, true, false), superseded(first, second, third, last));
  }

  @Test
  void aVersionThatIsNotAcknowledgedTakesNobodysPlace() throws IOException {
    Pending first = append(owner, PROCESS_SAFE, true);
    append(other, POWER_SAFE, false);
    append(other, PROCESS_SAFE, false);

    assertEquals(List.of(false), superseded(first));
    assertFalse(runs.givesWay(first));
  }

  @Test
  void aProcessSafeVersionGivesWayToALaterOneInAnotherSegment() throws IOException {
    Pending first = append(owner, PROCESS_SAFE, true);
    Pending second = append(owner, PROCESS_SAFE, true);
    // After a power cut it stands in for the later one, whose pages may not have been written.
    assertFalse(runs.givesWay(first));

    Pending third = append(other, PROCESS_SAFE, true);

    assertTrue(runs.givesWay(first));
    assertTrue(runs.givesWay(second));
    assertFalse(runs.givesWay(third));
    other.file().condemn();
    assertFalse(runs.givesWay(first));
  }

  @Test
  void whatSurvivesAPowerCutGivesWayToNothingThatDoesNot() throws IOException {
    Pending powerSafe = append(owner, POWER_SAFE, true);
    Pending synced = append(owner, PROCESS_SAFE, true);
    assertTrue(synced.awaitDurable());
    Pending later = append(owner, PROCESS_SAFE, true);
    append(other, PROCESS_SAFE, true);

    assertFalse(runs.givesWay(powerSafe));
    assertFalse(runs.givesWay(synced));
    assertTrue(runs.givesWay(later));
  }

  /** Else its last pair would get older and older, and no save would fail. */
  @Test
  void nothingGivesWayWhileThePairOfItsRunCannotBeMade() throws IOException {
    Pending first = append(owner, PROCESS_SAFE, true);
    Pending second = append(other, PROCESS_SAFE, true);

    runs.tried(second, true);
    assertFalse(runs.givesWay(first));
    runs.tried(second, false);

    assertTrue(runs.givesWay(first));
  }

  /** Else a loop would have its pair made each time a segment is full, and never by the clock. */
  @Test
  void aRunThatIsSupersededHasNeededItsPairSinceItsFirstVersion() throws IOException {
    Pending first = append(owner, PROCESS_SAFE, true);
    Pending second = append(other, PROCESS_SAFE, true);

    first.finish();
    runs.forgetDone();

    assertEquals(List.of(second), runs.due(first.appendedAtNanos(), 0));
  }

  /** Of a run that is saved on and on they would fill the memory. */
  @Test
  void whatIsDoneIsForgottenAlsoBehindWhatIsNot() throws IOException {
    append(owner, POWER_SAFE, true);
    WeakReference<Pending> done = new WeakReference<>(append(other, PROCESS_SAFE, true));
    Objects.requireNonNull(done.get()).finish();
    other.advance();

    runs.forgetDone();

    Await.until(
        "it is forgotten",
        () -> {
          System.gc();
          return done.refersTo(null);
        });
  }
}
