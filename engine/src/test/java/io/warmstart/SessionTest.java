package io.warmstart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A session writes at most every two seconds, but always what improves. */
class SessionTest {
  private static final byte[] STATE = "state".getBytes(UTF_8);

  @TempDir Path root;
  private final Fingerprint key = Payloads.key("session");
  private final SteppedClock clock = new SteppedClock();
  private WarmStartStore store;
  private Session session;

  @BeforeEach
  void open() {
    store = WarmStartStore.open(root, StoreOptions.defaults().withClock(clock));
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
    try (Entry entry = store.lookup(key).orElseThrow()) {
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
  void allThatASessionWritesIsOneEntry() {
    for (int iteration = 1; iteration <= 3; iteration++) {
      assertTrue(session.checkpoint(STATE, -iteration, iteration));
    }
    assertEquals(1, store.stats().entries());
    session.complete("done".getBytes(UTF_8), -3, 4);
    assertEquals(1, store.stats().entries());
    try (Entry entry = store.lookup(key).orElseThrow()) {
      assertEquals(EntryKind.FINAL, entry.kind());
      assertEquals("done", new String(Payloads.bytes(entry), UTF_8));
      assertEquals(session.runId(), entry.runId());
      assertEquals(4, entry.iteration().orElseThrow());
    }
  }

  @Test
  void aSessionThatResumesImprovesOnWhatItFound() {
    session.checkpoint(STATE, 1, 7);
    Session next = store.session(key);
    try (Entry found = next.resume().orElseThrow()) {
      assertEquals(session.runId(), found.runId());
      assertEquals(7, found.iteration().orElseThrow());
    }
    assertTrue(next.checkpoint(STATE, 3, 8), "its first, whatever the objective");
    assertFalse(next.checkpoint(STATE, 2, 9), "no better than what was found");
    assertTrue(next.checkpoint(STATE, 0.5, 10));
    assertEquals(2, store.stats().entries());
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
    Path payload = KeyFiles.of(root, key).payload(session.runId());
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
  }

  @Test
  void sessionsOfOneKeyHaveRunIdsOfTheirOwn() {
    Session other = store.session(key);
    assertFalse(session.runId().equals(other.runId()));
    assertEquals(key, session.key());
    session.checkpoint(STATE, 1, 1);
    other.checkpoint(STATE, 2, 1);
    assertEquals(2, store.stats().entries());
  }
}
