package io.warmstart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.DurabilityUnknownException;
import io.warmstart.model.Fingerprint;
import io.warmstart.testing.Seeds;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A session wrote all that it took under one run id. A fit that had reached 0.5 and diverged
 * offered a worse state, or NaN, two seconds later: it was due, and the best state was gone.
 */
@ExtendWith(Seeds.class)
class SessionSlotsTest {
  private static final double NONE = Double.NaN;

  @TempDir Path root;
  private final Fingerprint key = Payloads.key("session");
  private final SteppedClock clock = new SteppedClock();
  private final WatchedFileOps ops = new WatchedFileOps();
  private WarmStartStore store;
  private Session session;

  @BeforeEach
  void open() {
    store =
        WarmStartStore.open(
            root,
            StoreOptions.defaults()
                .withDurability(Durability.IN_FILES)
                .withClock(clock)
                .withFileOps(ops));
    session = store.session(key);
  }

  @AfterEach
  void close() {
    store.close();
  }

  private static byte[] state(String name) {
    return name.getBytes(UTF_8);
  }

  private boolean offer(Session to, String name, double objective) {
    return to.checkpoint(state(name), objective, 1);
  }

  /** An offer after the interval. */
  private void offerDue(Session to, String name, double objective) {
    clock.advance(Duration.ofSeconds(2));
    assertTrue(offer(to, name, objective));
  }

  private static String name(Optional<Entry> found) {
    try (Entry entry = found.orElseThrow()) {
      return new String(Payloads.bytes(entry), UTF_8);
    }
  }

  private void assertBestAndLast(String best, String last) {
    Session later = store.session(key);
    assertEquals(best, name(later.resume()), "best");
    assertEquals(last, name(later.resumeLatest()), "last");
  }

  @ParameterizedTest
  @ValueSource(
      doubles = {NONE, 0.9, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.MAX_VALUE})
  void aCheckpointThatIsDueAndNotBetterLeavesTheBestInPlace(double worse) {
    offer(session, "good", 0.5);
    offerDue(session, "bad", worse);

    assertBestAndLast("good", "bad");
    offerDue(session, "bad too", worse);
    assertBestAndLast("good", "bad too");
    assertEquals(2, store.inspect().entries());
  }

  @Test
  void anImprovementIsBestAndLastAtOnce() {
    offer(session, "first", 1);
    offerDue(session, "worse", 2);
    offer(session, "better", 0.5);

    assertBestAndLast("better", "better");
  }

  @Test
  void anObjectiveThatComesAfterNaNIsTheBest() {
    offer(session, "none", NONE);
    assertBestAndLast("none", "none");
    assertTrue(offer(session, "number", 1e300));

    assertBestAndLast("number", "number");
    assertTrue(offer(session, "better", 5));
    assertBestAndLast("better", "better");
  }

  @Test
  void aFitThatGetsBetterAgainAfterNaNGoesOnFromItsBest() {
    offer(session, "good", 0.5);
    offerDue(session, "none", NONE);
    assertFalse(offer(session, "recovering", 0.6));
    assertTrue(offer(session, "better", 0.4));
    offerDue(session, "worse", 0.45);

    assertBestAndLast("better", "worse");
  }

  /** A tie is no improvement; by the rule of ties the later of the two is what a lookup finds. */
  @Test
  void aTieThatIsDueLeavesTheBestEntryAsItIs() {
    offer(session, "first", 1);
    offerDue(session, "tie", 1 - 0.9e-12);

    assertBestAndLast("tie", "tie");
    offerDue(session, "worse", 3);
    assertBestAndLast("first", "worse");
  }

  /** In the last entry the next checkpoint would have destroyed it. */
  @Test
  void whatImprovesByLessThanIsAskedForIsTheBestOnceItIsDue() {
    Session coarse = store.session(key, SessionOptions.defaults().withMinImprovement(0.1));
    offer(coarse, "first", 1);
    assertFalse(offer(coarse, "little better", 0.95));
    offerDue(coarse, "little better", 0.95);
    offerDue(coarse, "diverged", 5);

    assertBestAndLast("little better", "diverged");
  }

  @Test
  void withoutObjectivesThereIsTheLastEntryOnly() {
    offer(session, "first", NONE);
    offerDue(session, "second", NONE);
    session.complete(state("done"), NONE, 3);

    assertBestAndLast("done", "done");
    assertEquals(1, store.inspect().entries());
    assertTrue(session.completed().isPresent());
  }

  @Test
  void aFinalThatIsWorseThanTheBestDestroysNothingAndIsFound() {
    offer(session, "good", 0.5);
    session.complete(state("done"), 0.9, 2);

    assertBestAndLast("good", "done");
    assertEquals("done", name(store.session(key).completed()));
  }

  @Test
  void aFinalThatIsAsGoodAsTheBestIsTheBest() {
    offer(session, "good", 0.5);
    session.complete(state("done"), 0.5, 2);

    assertBestAndLast("done", "done");
  }

  @Test
  void aFitThatIsNotFinishedHasNotCompleted() {
    assertTrue(session.completed().isEmpty());
    offer(session, "good", 0.5);
    assertTrue(session.completed().isEmpty());
  }

  @Test
  void aCheckpointAfterTheFinalDoesNotReplaceIt() {
    offer(session, "good", 0.5);
    session.complete(state("done"), 0.9, 2);
    clock.advance(Duration.ofSeconds(2));

    assertFalse(offer(session, "late", 0.7));
    assertTrue(offer(session, "better", 0.4));

    assertEquals("done", name(session.completed()));
    assertBestAndLast("better", "better");
  }

  /** A resumed run must not destroy what it started from, nor its own best on the way down. */
  @Test
  void aResumedSessionKeepsWhatItCameFromAndItsOwnBest() {
    offer(session, "origin", 0.5);
    Session resumed = store.session(key);
    assertEquals("origin", name(resumed.resume()));

    assertTrue(offer(resumed, "first", 3));
    offerDue(resumed, "own best", 2);
    offerDue(resumed, "diverged", 7);

    assertBestAndLast("origin", "diverged");
    assertEquals(3, store.inspect().entries());
    assertTrue(
        store.contents(key).entries().stream()
            .anyMatch(
                each ->
                    each.runId().equals(resumed.bestRunId())
                        && each.objective().equals(OptionalDouble.of(2))),
        "its own best, for when the one it came from is evicted");
  }

  @Test
  void aSessionThatResumesFromTheLastImprovesOnThat() {
    offer(session, "good", 0.5);
    offerDue(session, "last", 3);
    Session resumed = store.session(key);
    assertEquals("last", name(resumed.resumeLatest()));

    assertTrue(offer(resumed, "first", 4));
    assertTrue(offer(resumed, "better than the last", 2));
    assertFalse(offer(resumed, "no better", 2.5));

    assertBestAndLast("good", "better than the last");
  }

  /** The best entry has the new version, though the error says that a power cut may undo it. */
  @Test
  void aBestWhoseDirectoryWasNotSyncedIsNotOverwrittenByAWorseOne() {
    offer(session, "first", 1);
    ops.watch(
        op -> {
          if (op.kind() == Kind.SYNC_DIRECTORY) {
            throw new IOException("Input/output error");
          }
        });
    assertThrows(DurabilityUnknownException.class, () -> offer(session, "visible", 0.5));
    ops.rest();

    assertTrue(offer(session, "between", 0.7), "it improves on what is durable");

    assertBestAndLast("visible", "between");
  }

  @Test
  void whateverIsOfferedTheBestIsTheLowestTakenAndTheLatestTheLastTaken(Random random) {
    double[] objectives = {NONE, 1, 2, 3, 0.5, 0.25, Double.POSITIVE_INFINITY, -1};
    double lowest = Double.POSITIVE_INFINITY;
    String last = "";
    int refused = 0;
    for (int step = 0; step < 200; step++) {
      clock.advance(Duration.ofMillis(random.nextInt(3000)));
      double objective =
          objectives[random.nextInt(objectives.length)] + random.nextInt(3) * (1 - step / 200.0);
      if (!offer(session, "step " + step, objective)) {
        refused++;
        continue;
      }
      last = "step " + step;
      if (Double.isFinite(objective)) {
        lowest = Math.min(lowest, objective);
      }
      if (lowest < Double.POSITIVE_INFINITY) {
        try (Entry best = store.lookup(key).orElseThrow()) {
          assertEquals(lowest, best.objective().orElseThrow(), 1e-12, "after " + last);
        }
      }
      assertEquals(last, name(store.lookupLatest(key)));
    }
    assertTrue(refused > 0 && refused < 150, "declined: " + refused);
  }
}
