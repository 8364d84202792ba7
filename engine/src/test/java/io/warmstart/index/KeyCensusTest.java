package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.KeyCensus.State;
import io.warmstart.index.table.EntryFacts;
import io.warmstart.index.table.RecordedRun;
import io.warmstart.mapped.Checksums;
import io.warmstart.model.Digest256;
import io.warmstart.model.Ranking;
import io.warmstart.process.StripeLocks;
import io.warmstart.ranking.PossibleWinners;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyCensusTest {
  private static final Digest256 KEY = IndexModel.key(3);
  private static final long CTIME = 5_000;
  private static final long LISTED_AT = 6_000;
  private static final long CHANGED_AT = 7_000;

  @TempDir Path parent;
  private final MemoryIndex memory = new MemoryIndex();
  private IndexRoot root;
  private IndexModel.Member process;

  @BeforeEach
  void openRoot() throws IOException {
    root = IndexRoot.open(parent);
    process = new IndexModel.Member(root, memory);
    try (StripeLocks.Hold hold = process.hold(KEY)) {
      long doubt = process.census.doubt();
      process.ledger.scanned(hold, KEY, CTIME, 100, List.of(entry("r", 500, 3)));
      process.census.taken(KEY, doubt, CTIME, LISTED_AT);
    }
  }

  @AfterEach
  void closeRoot() {
    root.close();
  }

  private static EntryFacts entry(String runId, long written, double objective) {
    return new EntryFacts(runId, written, written, false, 100, objective, false);
  }

  /** By a process that knows what stands in the index alone. */
  private KeyCensus.Answer best(long seenCtime, long mostAge) {
    IndexModel.Member other = new IndexModel.Member(root, memory);
    ReadStamp readStamp = new ReadStamp(other.attached(), KEY, 0, seenCtime, 10_000, seenCtime, 0);
    return other.census.preferred(
        readStamp, new PossibleWinners(Ranking.LOWEST_OBJECTIVE), Set.of(), entries -> mostAge);
  }

  private void publish(EntryFacts facts, KeyCensus.Look look) {
    try (StripeLocks.Hold hold = process.hold(KEY)) {
      KeyCensus.Suspended suspended = process.census.suspend(KEY, facts.runId(), look);
      assertNotNull(suspended);
      assertEquals(State.DISTURBED, best(CTIME, 99_999).state());
      process.ledger.published(hold, KEY, facts, 0);
      process.census.renew(suspended);
    }
  }

  @Test
  void aSettledCensusHoldsAsLongAsTheDirectoryIsAsItWas() {
    assertEquals(
        new KeyCensus.Answer(State.KNOWN, 0, List.of(new RecordedRun("r", 500, 3, false))),
        best(CTIME, 0));
    assertEquals(State.UNKNOWN, best(CTIME + 1, 99_999).state());
  }

  @Test
  void oneThatWasRenewedIsGoodForAWhileWhateverTheDirectorySays() {
    publish(entry("better", 600, 2), new KeyCensus.Look(CTIME, CHANGED_AT));

    KeyCensus.Answer answer = best(CTIME + 5, 10_000 - CHANGED_AT + 1);
    assertEquals(
        new KeyCensus.Answer(
            State.KNOWN, CHANGED_AT, List.of(new RecordedRun("better", 600, 2, false))),
        answer);
    assertEquals(State.UNKNOWN, best(CTIME + 5, 10_000 - CHANGED_AT).state());

    // Another change does not make it any younger.
    publish(entry("best", 700, 1), new KeyCensus.Look(CTIME + 5, CHANGED_AT + 100));
    assertEquals(CHANGED_AT, best(CTIME + 9, 99_999).asOf());
    assertEquals("best", best(CTIME + 9, 99_999).runs().get(0).runId());
  }

  /** The change of ours would hide theirs. */
  @Test
  void whatOthersHaveChangedBeforeEndsIt() {
    KeyCensus.Look look = new KeyCensus.Look(CTIME + 1, CHANGED_AT);

    assertNull(process.census.suspend(KEY, "better", look));

    assertEquals(State.DISTURBED, best(CTIME, 99_999).state());
  }

  @Test
  void aChangeThatNobodyCouldBeToldOfEndsAll() {
    process.ledger.doubt();

    assertEquals(State.UNKNOWN, best(CTIME, 99_999).state());
  }

  @Test
  void suchAChangeDuringAnotherEndsItToo() {
    try (StripeLocks.Hold hold = process.hold(KEY)) {
      KeyCensus.Suspended suspended =
          process.census.suspend(KEY, "r", new KeyCensus.Look(CTIME, CHANGED_AT));
      assertNotNull(suspended);
      process.ledger.published(hold, KEY, entry("r", 600, 2), 0);
      process.ledger.doubt();
      process.census.renew(suspended);
    }
    assertEquals(State.UNKNOWN, best(CTIME, 99_999).state());
  }

  @Test
  void whatDoesNotCountIsLeftOut() {
    publish(entry("better", 600, 2), new KeyCensus.Look(CTIME, CHANGED_AT));
    ReadStamp readStamp = new ReadStamp(process.attached(), KEY, 0, CTIME, 10_000, CTIME, 0);

    KeyCensus.Answer answer =
        process.census.preferred(
            readStamp,
            new PossibleWinners(Ranking.LOWEST_OBJECTIVE),
            Set.of(Checksums.ofRunId("better")),
            entries -> 99_999);

    assertEquals("r", answer.runs().get(0).runId());
    assertEquals(
        600,
        process.census.run(readStamp, "better", entries -> 99_999).runs().get(0).writtenNanos());
    assertTrue(process.census.run(readStamp, "nobody", entries -> 99_999).runs().isEmpty());
  }

  /** Of many of those it is not known which is the latest. */
  @Test
  void stampsThatDoNotFitIntoALongAreForTheFiles() {
    publish(entry("late", Long.MAX_VALUE, 2), new KeyCensus.Look(CTIME, CHANGED_AT));

    assertEquals(State.UNKNOWN, best(CTIME, 99_999).state());
  }

  @Test
  void anEntryWhoseObjectiveIsAnotherOneIsNoticed() {
    IndexPatch.of(process.attached().files()).entryObjective(KEY, "r", 7);

    assertEquals(State.DISTURBED, best(CTIME, 99_999).state());
  }

  /** An interval that was used up once is not given once more. */
  @Test
  void whatAProvisionalCensusAnswersPassesForNoLaterLookThanItMay() {
    ReadStamp readStamp = new ReadStamp(process.attached(), KEY, 0, CTIME, 10_000, CTIME, 0);

    assertEquals(9_000, readStamp.provisional(8_000, 9_000).checkedAt);
    assertEquals(10_000, readStamp.provisional(8_000, 11_000).checkedAt);
    assertEquals(-8_000, readStamp.provisional(8_000, 9_000).ctime);
  }
}
