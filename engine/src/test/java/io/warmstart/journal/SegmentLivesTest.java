package io.warmstart.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.journal.OwnedSegment.Pending;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Payload;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** When a segment begins another life, and what that costs. */
class SegmentLivesTest extends OwnedSegmentFixture {
  private static final boolean POWER_SAFE = true;
  private static final boolean PROCESS_SAFE = false;

  private final UnpairedRuns runs = new UnpairedRuns();

  private Pending append(boolean powerSafe, boolean acknowledged) throws IOException {
    Version version = new Version(KEY, "run", EntryAttributes.checkpoint(), ++stamp, powerSafe);
    Pending record = owner.append(version, Payload.of(new byte[PAYLOAD]));
    runs.add(record);
    if (acknowledged) {
      record.acknowledge();
    }
    return record;
  }

  /** Which of some versions need nothing any more, once their segment is full. */
  private List<Boolean> superseded(Pending... versions) {
    runs.supersede(null);
    return Stream.of(versions).map(Pending::done).toList();
  }

  /** A sync of all would have each page that was stored to cost a fault in the next life. */
  @Test
  void anotherLifeSyncsItsHeaderAlone() throws IOException {
    append(PROCESS_SAFE, true).finish();
    owner.advance();

    owner.recycle(1, 6);
    assertFalse(owner.ready());
    owner.makeReady();

    assertTrue(owner.ready());
    assertEquals(List.of(0, 1), List.of(syncs.count, syncs.ofBeginning));
  }

  /** After a power cut it stands in for a later one whose pages were not written. */
  @Test
  void aProcessSafeVersionStaysWhileThereIsRoom() throws IOException {
    Pending first = append(PROCESS_SAFE, true);
    append(PROCESS_SAFE, true);

    runs.supersede(owner);
    assertFalse(first.done());
    append(POWER_SAFE, true);
    runs.supersede(owner);

    assertTrue(first.done());
  }

  @Test
  void aProcessSafeVersionIsNeededUntilTheNext() throws IOException {
    Pending first = append(PROCESS_SAFE, true);
    Pending second = append(PROCESS_SAFE, true);

    assertEquals(List.of(true, false), superseded(first, second));
  }

  @Test
  void aPowerSafeVersionIsNeededUntilTheNextThatIs() throws IOException {
    Pending first = append(POWER_SAFE, true);
    Pending second = append(PROCESS_SAFE, true);
    Pending third = append(PROCESS_SAFE, true);
    assertEquals(List.of(false, true, false), superseded(first, second, third));

    Pending last = append(POWER_SAFE, true);

    assertEquals(List.of(true, true, true, false), superseded(first, second, third, last));
  }

  @Test
  void aVersionThatIsNotAcknowledgedTakesNobodysPlace() throws IOException {
    Pending first = append(PROCESS_SAFE, true);
    Pending powerSafe = append(POWER_SAFE, true);
    Pending second = append(PROCESS_SAFE, false);
    Pending third = append(POWER_SAFE, false);

    assertEquals(List.of(true, false, false, false), superseded(first, powerSafe, second, third));
  }

  /** Else a loop would have its pair made each time a segment is full, and never by the clock. */
  @Test
  void aRunThatIsSupersededHasNeededItsPairSinceItsFirstVersion() throws IOException {
    Pending first = append(PROCESS_SAFE, true);
    Pending second = append(PROCESS_SAFE, true);

    runs.supersede(null);
    runs.forgetDone();

    assertEquals(List.of(second), runs.due(first.appendedAtNanos(), 0));
  }
}
