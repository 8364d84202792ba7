package io.warmstart.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.mapped.JournalLayout;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Payload;
import io.warmstart.segment.Version;
import java.io.IOException;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A full segment that cannot be emptied, since a record in it is open or the pair of one cannot be
 * made: what else is in it, and what it asks for.
 */
class StuckSegmentTest extends OwnedSegmentFixture {
  private static final boolean POWER_SAFE = true;
  private static final boolean PROCESS_SAFE = false;
  private static final int FILLING = LENGTH / 5;
  private static final long LONG_NANOS = Long.MAX_VALUE;

  private final OwnedSegments segments = new OwnedSegments(() -> 1);
  private OwnedSegment other;

  @BeforeEach
  void addBoth() throws IOException {
    other = openAnother();
    segments.add(owner);
    segments.add(other);
  }

  @AfterEach
  void closeOther() {
    other.file().close();
  }

  /** Saves a version. */
  private Pending save(String runId, int length, boolean powerSafe) {
    Version version = new Version(KEY, runId, EntryAttributes.checkpoint(), ++stamp, powerSafe);
    Pending record = Objects.requireNonNull(segments.append(version, Payload.of(new byte[length])));
    if (powerSafe) {
      assertTrue(record.awaitDurable());
    }
    segments.acknowledge(record);
    return record;
  }

  private Pending save(String runId, boolean powerSafe) {
    return save(runId, PAYLOAD, powerSafe);
  }

  /** Goes on to the next segment. */
  private void fill(OwnedSegment first) {
    while (save("filling", FILLING, PROCESS_SAFE).in() == first.file()) {}
  }

  private boolean isSettled(Pending record) {
    return (record.in().segment().marks(record.entry()) & JournalLayout.SETTLED) != 0;
  }

  /** What the journal's thread does first in each of its rounds. */
  private void round() {
    segments.supersede();
    segments.finish();
  }

  /**
   * It seemed to be in no pair: for as long as the other record was open the run could not be
   * removed, and where somebody had deleted the pair, it was found again.
   */
  @Test
  void whatIsSupersededBesideAnOpenRecordSaysSo() {
    Reserved open = Objects.requireNonNull(segments.reserve("open".length(), PAYLOAD));
    Pending first = save("run", POWER_SAFE);
    Pending second = save("run", PROCESS_SAFE);
    Pending third = save("run", POWER_SAFE);
    fill(owner);
    round();
    assertFalse(isSettled(third), "nothing has taken its place");

    Pending last = save("run", POWER_SAFE);
    round();

    assertTrue(owner.isHeld());
    assertTrue(Stream.of(first, second, third).allMatch(this::isSettled));
    assertFalse(isSettled(last));
    segments.abort(open);
    assertTrue(Stream.of("filling", "run").allMatch(this::isInJournal));
  }

  private boolean isInJournal(String runId) {
    return segments.due(UnpairedRuns.ALL, 0).stream()
        .anyMatch(each -> each.entry().runId().equals(runId));
  }

  /** A power cut would take both. */
  @Test
  void whatIsNotSupersededByWhatIsDurableStays() {
    segments.reserve("open".length(), PAYLOAD);
    Pending powerSafe = save("run", POWER_SAFE);
    Pending processSafe = save("other", PROCESS_SAFE);
    fill(owner);
    save("run", PROCESS_SAFE);
    save("other", PROCESS_SAFE);

    round();

    assertTrue(Stream.of(powerSafe, processSafe).noneMatch(this::isSettled));
    assertTrue(Stream.of(powerSafe, processSafe).noneMatch(Pending::done));
  }

  /** Each sync of the segment in use would write its page once more. */
  @Test
  void whatIsSupersededInTheSegmentInUseIsNotStoredToAgain() {
    segments.reserve("open".length(), PAYLOAD);
    Pending first = save("run", POWER_SAFE);
    save("run", POWER_SAFE);

    round();

    assertTrue(first.done());
    assertFalse(isSettled(first));
  }

  /** It was not said to be in a pair until that one was. */
  @Test
  void whatIsSupersededBehindWhatCannotBecomeAPairSaysSo() {
    Pending stuck = save("stuck", POWER_SAFE);
    Pending first = save("run", POWER_SAFE);
    fill(owner);
    save("run", POWER_SAFE);
    round();
    assertFalse(isSettled(first), "its segment will be emptied as a whole");

    segments.tried(stuck, true);
    round();

    assertTrue(isSettled(first));
    assertFalse(isSettled(stuck));
  }

  /** Where the open one ends, all that is left of the segment is what needs a pair. */
  @Test
  void itIsEmptiedOnceNothingKeepsIt() {
    Reserved open = Objects.requireNonNull(segments.reserve("open".length(), PAYLOAD));
    save("run", POWER_SAFE);
    fill(owner);
    save("run", POWER_SAFE);
    save("filling", POWER_SAFE);
    round();
    assertEquals(1, owner.pending().size());

    segments.abort(open);
    round();

    assertTrue(owner.isEmpty());
  }

  /** A loop of overwrites had a pair made in each round, for ever, and the segment stayed. */
  @Test
  void aSegmentWhosePairCannotBeMadeAsksForNoOthersBeforeThatIsTriedAgain() {
    Pending stuck = save("stuck", POWER_SAFE);
    fill(owner);
    assertTrue(segments.isPressing(LONG_NANOS));

    segments.tried(stuck, true);

    assertFalse(segments.isPressing(LONG_NANOS));
    assertTrue(segments.isPressing(0), "it is to be tried again");
    segments.tried(stuck, false);
    assertTrue(segments.isPressing(LONG_NANOS));
  }

  /**
   * The same of a process that asks for pairs: it waits for a second, and its word stands for ever.
   */
  @Test
  void whoCannotBeAnsweredAsksForNoOthersBeforeThatIsTriedAgain() {
    Pending stuck = save("stuck", POWER_SAFE);
    segment.want(7);
    assertTrue(segments.isPressing(LONG_NANOS));

    segments.noteAsked();
    segments.tried(stuck, true);
    segments.refuse();

    assertFalse(segments.isPressing(LONG_NANOS));
    assertTrue(segments.isPressing(0), "it is to be tried again");
    segment.want(8);
    assertTrue(segments.isPressing(LONG_NANOS), "another has asked");
    segments.noteAsked();
    segments.answer();
    assertFalse(segments.isPressing(LONG_NANOS));
  }
}
