package io.warmstart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Explanation;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.Ranking;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Choosing among what lies on disk: the winner that can be read, and nothing that has expired. */
class RulesOfChoiceTest {
  private static final Duration TTL = Duration.ofHours(1);

  @TempDir Path root;
  private final Fingerprint key = Payloads.key("rules of choice");
  private final SteppedClock clock = new SteppedClock();
  private WarmStartStore store;
  private KeyFiles files;

  @BeforeEach
  void open() {
    store =
        WarmStartStore.open(
            root,
            StoreOptions.defaults()
                .withClock(clock)
                .withTtl(TTL)
                .withDurability(Durability.IN_FILES)
                .withForeignCheckInterval(Duration.ZERO));
    files = KeyFiles.of(root, key);
  }

  @AfterEach
  void close() {
    store.close();
  }

  private void save(String runId, EntryAttributes attributes) {
    store.saveOverwrite(key, runId, runId.getBytes(UTF_8), attributes);
    clock.advance(Duration.ofSeconds(1));
  }

  private static EntryAttributes checkpoint(double objective) {
    return EntryAttributes.checkpoint().withObjective(objective);
  }

  private String winner(Ranking ranking) {
    try (Entry entry = store.lookup(key, ranking).orElseThrow()) {
      return entry.runId();
    }
  }

  @Test
  void eachRankingHasItsWinner() {
    save("lowest", checkpoint(1));
    save("final-1", EntryAttributes.finalResult().withObjective(5));
    save("final-2", EntryAttributes.finalResult().withObjective(7));
    save("last", checkpoint(3));
    assertEquals("lowest", winner(Ranking.LOWEST_OBJECTIVE));
    assertEquals("last", winner(Ranking.LATEST));
    assertEquals("final-2", winner(Ranking.FINAL_FIRST));
  }

  @Test
  void withoutAFinalTheBestCheckpointIsFirst() {
    save("lowest", checkpoint(1));
    save("last", checkpoint(3));
    assertEquals("lowest", winner(Ranking.FINAL_FIRST));
  }

  @Test
  void anyObjectiveBeatsNone() {
    save("high", checkpoint(1e300));
    save("none-later-final", EntryAttributes.finalResult());
    assertEquals("high", winner(Ranking.LOWEST_OBJECTIVE));
  }

  /** Every way in which the first two winners can be unreadable; the third is always found. */
  enum Damage {
    TAMPERED {
      @Override
      void on(KeyFiles files, String runId) throws IOException {
        files.writePayload(runId, "x".repeat(runId.length()));
      }
    },
    CUT_OFF {
      @Override
      void on(KeyFiles files, String runId) throws IOException {
        files.writePayload(runId, "");
      }
    },
    NO_PAYLOAD {
      @Override
      void on(KeyFiles files, String runId) throws IOException {
        Files.delete(files.payload(runId));
      }
    },
    NO_MANIFEST {
      @Override
      void on(KeyFiles files, String runId) throws IOException {
        Files.delete(files.manifest(runId));
      }
    },
    BAD_MANIFEST {
      @Override
      void on(KeyFiles files, String runId) throws IOException {
        files.writeManifest(runId, "{}");
      }
    };

    abstract void on(KeyFiles files, String runId) throws IOException;
  }

  @ParameterizedTest
  @EnumSource(Damage.class)
  void whenTheWinnersAreUnreadableTheNextOneIsFoundByEveryRanking(Damage damage) throws Exception {
    for (Ranking ranking : Ranking.values()) {
      save("third", EntryAttributes.finalResult().withObjective(3));
      save("second", EntryAttributes.finalResult().withObjective(2));
      save("first", EntryAttributes.finalResult().withObjective(1));
      damage.on(files, "first");
      damage.on(files, "second");
      assertEquals("third", winner(ranking));
      assertEquals("third", winner(ranking), "again, with what was set aside gone");
    }
  }

  /** Verified once does not mean verified for ever: what does not fit is never given out. */
  @Test
  void aPayloadThatIsTamperedWithAfterAHitIsNoticed() throws Exception {
    save("good", checkpoint(2));
    save("best", checkpoint(1));
    clock.advance(Duration.ofSeconds(10));
    assertEquals("best", winner(Ranking.LOWEST_OBJECTIVE));
    files.writePayload("best", "x".repeat("best".length()));
    // The process that has the version in memory may go on with that.
    for (Ranking ranking : Ranking.values()) {
      try (Entry entry = store.lookup(key, ranking).orElseThrow()) {
        assertEquals(entry.runId(), new String(Payloads.bytes(entry), UTF_8));
      }
    }
    // Without it there is the next.
    store.close();
    open();
    assertEquals("good", winner(Ranking.LOWEST_OBJECTIVE));
  }

  @Test
  void anEntryExpiresWithTheTtlToTheNanosecond() {
    store.saveOverwrite(key, "run", new byte[1], checkpoint(1));
    clock.advance(TTL.minusNanos(1));
    assertTrue(store.explain(key, Ranking.LATEST).winner().isPresent());
    clock.advance(Duration.ofNanos(1));
    assertTrue(store.explain(key, Ranking.LATEST).winner().isEmpty());
    assertTrue(store.lookup(key).isEmpty());
  }

  @Test
  void anExpiredWinnerGivesWayToAFreshLoser() {
    save("low-but-old", checkpoint(1));
    clock.advance(TTL.minusSeconds(1));
    save("high-but-fresh", checkpoint(9));
    assertEquals("high-but-fresh", winner(Ranking.LOWEST_OBJECTIVE));
  }

  @Test
  void aHitPutsExpiryOff() {
    save("run", checkpoint(1));
    for (int hit = 0; hit < 4; hit++) {
      clock.advance(TTL.minusSeconds(2));
      assertEquals("run", winner(Ranking.LATEST), "hit " + hit);
    }
    assertEquals(0, store.evictOverflow().expired(), "what no manifest tells yet counts");
    clock.advance(TTL);
    assertTrue(store.lookup(key).isEmpty());
  }

  @Test
  void aTtlOfZeroExpiresNothing() {
    save("run", checkpoint(1));
    clock.advance(Duration.ofDays(36_500));
    StoreOptions never =
        StoreOptions.defaults()
            .withClock(clock)
            .withTtl(Duration.ZERO)
            .withPolicy(PolicyUse.THIS_STORE_ONLY);
    try (WarmStartStore patient = WarmStartStore.open(root, never)) {
      assertTrue(patient.lookup(key).isPresent());
      assertEquals(0, patient.evictOverflow().expired());
    }
  }

  @Test
  void aClockThatIsSetBackExpiresNothing() {
    save("run", checkpoint(1));
    assertEquals("run", winner(Ranking.LATEST));
    clock.advance(Duration.ofDays(-400));
    assertEquals("run", winner(Ranking.LATEST));
    assertEquals(0, store.evictOverflow().expired());
    clock.advance(Duration.ofDays(400));
    assertEquals("run", winner(Ranking.LATEST));
  }

  @Test
  void whatWasSavedLaterIsLaterThoughTheClockStoodStill() {
    for (int i = 0; i < 20; i++) {
      store.saveOverwrite(key, "run-" + i, new byte[1], EntryAttributes.checkpoint());
      assertEquals("run-" + i, winner(Ranking.LATEST));
    }
    assertEquals(
        List.of("run-19", "run-18"),
        store.explain(key, Ranking.LATEST).candidates().stream()
            .limit(2)
            .map(Explanation.Verdict::runId)
            .toList());
  }
}
