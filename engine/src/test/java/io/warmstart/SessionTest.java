package io.warmstart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.Durability;
import io.warmstart.model.EntryKind;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Payload;
import io.warmstart.model.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A session takes a checkpoint every two seconds, and always what improves. */
class SessionTest {
  private static final byte[] STATE = "state".getBytes(UTF_8);

  @TempDir Path root;
  private final Fingerprint key = Payloads.key("session");
  private final SteppedClock clock = new SteppedClock();
  private WarmStartStore store;
  private Session session;

  @BeforeEach
  void open() {
    store =
        WarmStartStore.open(
            root, StoreOptions.defaults().withDurability(Durability.IN_FILES).withClock(clock));
    session = store.session(key);
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void theFirstOfferIsWrittenWhateverItsObjective() {
    assertTrue(session.checkpoint(STATE, Double.NaN, 1));
    assertTrue(store.session(key).checkpoint(STATE, Double.POSITIVE_INFINITY, 1));
    assertTrue(store.session(key).checkpoint(STATE, 1e300, 1));
  }

  /** What did not improve was declined, as if the store were open. */
  @Test
  void anOfferToAClosedStoreIsAnError() {
    assertTrue(session.checkpoint(STATE, 1, 1));
    store.close();
    assertThrows(IllegalStateException.class, () -> session.checkpoint(STATE, 2, 2));
    assertThrows(
        IllegalStateException.class, () -> session.checkpoint(() -> Payload.of(STATE), 2, 2));
  }

  @Test
  void anOfferThatDoesNotImproveWaitsForTwoSeconds() {
    assertTrue(session.checkpoint(STATE, 1, 1));
    clock.advance(Duration.ofSeconds(2).minusNanos(1));
    assertFalse(session.checkpoint(STATE, 1, 2));
    assertFalse(session.checkpoint(STATE, 7, 3));
    clock.advance(Duration.ofNanos(1));
    assertTrue(session.checkpoint(STATE, 7, 4));
    assertFalse(session.checkpoint(STATE, 7, 5), "two seconds from the last write");
  }

  @Test
  void anOfferThatImprovesByMoreThanTheToleranceIsWrittenAtOnce() {
    assertTrue(session.checkpoint(STATE, 1, 1));
    assertFalse(session.checkpoint(STATE, 1 - 0.9e-12, 2));
    assertTrue(session.checkpoint(STATE, 1 - 1.1e-12, 3));
    assertFalse(session.checkpoint(STATE, 1 - 1.1e-12, 4));
    assertTrue(session.checkpoint(STATE, -1, 5));
  }

  /** Otherwise a slow slope of steps below the tolerance would never be written. */
  @Test
  void whatWasDeclinedIsNoBestToImproveOn() {
    assertTrue(session.checkpoint(STATE, 1, 1));
    assertFalse(session.checkpoint(STATE, 1 - 0.6e-12, 2));
    assertTrue(session.checkpoint(STATE, 1 - 1.2e-12, 3));
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void anObjectiveThatIsNoNumberNeverImprovesAndIsSavedAsNone(double none) {
    assertTrue(session.checkpoint(STATE, 1, 1));
    assertFalse(session.checkpoint(STATE, none, 2));
    clock.advance(Duration.ofSeconds(2));
    assertTrue(session.checkpoint(STATE, none, 3));
    try (Entry entry = store.lookupLatest(key).orElseThrow()) {
      assertTrue(entry.objective().isEmpty());
      assertEquals(3, entry.iteration().orElseThrow());
    }
    assertTrue(session.checkpoint(STATE, 0.5, 4), "the best is still 1");
  }

  @Test
  void aWorseCheckpointThatWasDueDoesNotLowerTheBar() {
    assertTrue(session.checkpoint(STATE, 1, 1));
    clock.advance(Duration.ofSeconds(2));
    assertTrue(session.checkpoint(STATE, 5, 2));
    assertFalse(session.checkpoint(STATE, 3, 3), "better than the last, not than the best");
  }

  @Test
  void aClockThatIsSetBackDoesNotSilenceTheSession() {
    assertTrue(session.checkpoint(STATE, 1, 1));
    clock.advance(Duration.ofDays(-1));
    assertTrue(session.checkpoint(STATE, 1, 2));
    assertFalse(session.checkpoint(STATE, 1, 3));
  }

  @Test
  void allThatASessionWritesIsTwoEntriesAtMost() {
    for (int iteration = 1; iteration <= 3; iteration++) {
      assertTrue(session.checkpoint(STATE, -iteration, iteration));
    }
    assertEquals(1, store.inspect().entries());
    clock.advance(Duration.ofSeconds(2));
    assertTrue(session.checkpoint(STATE, 7, 4));
    session.complete("done".getBytes(UTF_8), -3, 5);
    assertEquals(2, store.inspect().entries());
    try (Entry entry = store.lookup(key).orElseThrow()) {
      assertEquals(EntryKind.FINAL, entry.kind());
      assertEquals("done", new String(Payloads.bytes(entry), UTF_8));
      assertEquals(session.lastRunId(), entry.runId());
      assertEquals(5, entry.iteration().orElseThrow());
    }
  }

  @Test
  void aSessionThatResumesImprovesOnWhatItFound() {
    session.checkpoint(STATE, 1, 7);
    Session next = store.session(key);
    try (Entry found = next.resume().orElseThrow()) {
      assertEquals(session.bestRunId(), found.runId());
      assertEquals(7, found.iteration().orElseThrow());
    }
    assertTrue(next.checkpoint(STATE, 3, 8), "its first, whatever the objective");
    assertFalse(next.checkpoint(STATE, 2, 9), "no better than what was found");
    assertTrue(next.checkpoint(STATE, 0.5, 10));
    assertEquals(2, store.inspect().entries());
  }

  @Test
  void withNothingToResumeASessionStartsAnew() {
    assertTrue(session.resume().isEmpty());
    assertTrue(session.checkpoint(STATE, 1, 1));
  }

  @Test
  void aCheckpointThatFailedLeavesTheNextOfferItsChance() throws IOException {
    assertTrue(session.checkpoint(STATE, 1, 1));
    // A directory in the payload's place: the save fails, and nothing else.
    Path payload = KeyFiles.of(root, key).payload(session.bestRunId());
    Path aside = Files.move(payload, root.resolve("aside"));
    Files.createDirectory(payload);
    assertThrows(StoreException.class, () -> session.checkpoint(STATE, 0.5, 2));
    Files.delete(payload);
    Files.move(aside, payload);

    assertTrue(session.checkpoint(STATE, 0.5, 3), "it improves on what is on disk");
  }

  @Test
  void aSessionOfAClosedStoreThrows() {
    assertTrue(session.checkpoint(STATE, 1, 1));
    store.close();
    assertThrows(IllegalStateException.class, () -> session.checkpoint(STATE, 0, 2));
    assertThrows(IllegalStateException.class, () -> session.complete(STATE, 0, 2));
    assertThrows(IllegalStateException.class, session::resume);
    assertThrows(IllegalStateException.class, session::resumeLatest);
    assertThrows(IllegalStateException.class, session::completed);
  }

  @Test
  void sessionsOfOneKeyHaveRunIdsOfTheirOwn() {
    Session other = store.session(key);
    assertFalse(session.bestRunId().equals(other.bestRunId()));
    assertFalse(session.lastRunId().equals(other.lastRunId()));
    assertEquals(key, session.key());
    session.checkpoint(STATE, 1, 1);
    other.checkpoint(STATE, 2, 1);
    assertEquals(2, store.inspect().entries());
  }

  @Test
  void runIdsOfASessionAreLegalAndSortByTime() {
    Session later = store.session(key);
    for (String runId : List.of(session.bestRunId(), session.lastRunId())) {
      assertEquals(runId, WarmStartStore.requireRunId(runId));
      assertTrue(runId.compareTo(later.bestRunId()) < 0);
      assertTrue(runId.compareTo(later.lastRunId()) < 0);
    }
  }

  @Test
  void aSupplierIsAskedOnlyForWhatIsTaken() {
    AtomicInteger asked = new AtomicInteger();
    Supplier<Payload> payload =
        () -> {
          asked.incrementAndGet();
          return Payload.of(STATE);
        };
    assertTrue(session.checkpoint(payload, 1, 1));
    assertFalse(session.checkpoint(payload, 1, 2));
    assertEquals(1, asked.get());
    assertTrue(session.checkpoint(payload, 0.5, 3));
    assertEquals(2, asked.get());
  }

  @Test
  void aSupplierThatThrowsLeavesTheNextOfferItsChance() {
    assertThrows(
        ArithmeticException.class,
        () ->
            session.checkpoint(
                () -> {
                  throw new ArithmeticException();
                },
                1,
                1));
    assertThrows(NullPointerException.class, () -> session.checkpoint(() -> null, 1, 1));
    assertEquals(0, store.inspect().entries());
    assertTrue(session.checkpoint(() -> Payload.of(STATE), 1, 1));
  }

  @Test
  void eachOfferIsTakenIfThatIsAskedFor() {
    Session every = store.session(key, SessionOptions.defaults().withEveryOffer());
    for (int iteration = 1; iteration <= 3; iteration++) {
      assertTrue(every.checkpoint(STATE, iteration, iteration));
    }
  }

  @Test
  void intervalAndImprovementAreOptions() {
    Session patient =
        store.session(
            key,
            SessionOptions.defaults().withInterval(Duration.ofMinutes(1)).withMinImprovement(0.5));
    assertTrue(patient.checkpoint(STATE, 1, 1));
    assertFalse(patient.checkpoint(STATE, 0.5, 2));
    assertTrue(patient.checkpoint(STATE, 0.4, 3));
    clock.advance(Duration.ofMinutes(1).minusNanos(1));
    assertFalse(patient.checkpoint(STATE, 0.3, 4));
    clock.advance(Duration.ofNanos(1));
    assertTrue(patient.checkpoint(STATE, 0.3, 5));
  }

  @Test
  void anIntervalOfAllTimeTakesOnlyWhatImproves() {
    Session never =
        store.session(
            key, SessionOptions.defaults().withInterval(Duration.ofSeconds(Long.MAX_VALUE)));
    assertTrue(never.checkpoint(STATE, 1, 1));
    clock.advance(Duration.ofDays(10_000));
    assertFalse(never.checkpoint(STATE, 1, 2));
    assertTrue(never.checkpoint(STATE, 0, 3));
  }

  @Test
  void optionsThatMakeNoSenseAreRefused() {
    SessionOptions defaults = SessionOptions.defaults();
    for (double wrong : new double[] {-1e-300, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(
          IllegalArgumentException.class, () -> defaults.withMinImprovement(wrong), "" + wrong);
    }
    assertThrows(IllegalArgumentException.class, () -> defaults.withInterval(Duration.ofNanos(-1)));
    assertEquals(1e-12, defaults.minImprovement());
    assertEquals(Duration.ofSeconds(2), defaults.interval());
    assertEquals(Duration.ZERO, defaults.withEveryOffer().interval());
  }
}
