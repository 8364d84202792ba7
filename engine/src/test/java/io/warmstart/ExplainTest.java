package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EntryKind;
import io.warmstart.model.Explanation;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.model.StoreCounter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every candidate is told why it won, lost or cannot be used, and asking changes nothing. */
class ExplainTest {
  @TempDir Path root;
  private final Fingerprint key = Payloads.key("explain");
  private final SteppedClock clock = new SteppedClock();
  private WarmStartStore store;

  @BeforeEach
  void open() {
    store =
        WarmStartStore.open(
            root, StoreOptions.defaults().withClock(clock).withTtl(Duration.ofHours(1)));
  }

  @AfterEach
  void close() {
    store.close();
  }

  private void save(String runId, EntryAttributes attributes) {
    store.saveOverwrite(key, runId, new byte[] {1, 2, 3}, attributes);
    clock.advance(Duration.ofSeconds(1));
  }

  private static EntryAttributes checkpoint(double objective) {
    return EntryAttributes.checkpoint().withObjective(objective);
  }

  private static EntryAttributes finalResult(double objective) {
    return EntryAttributes.finalResult().withObjective(objective);
  }

  private void assertReasons(Ranking ranking, String... runsAndReasons) {
    List<Explanation.Verdict> verdicts = store.explain(key, ranking).candidates();
    StringBuilder told = new StringBuilder();
    verdicts.forEach(each -> told.append(each.runId()).append(": ").append(each.reason() + '\n'));
    assertEquals(runsAndReasons.length / 2, verdicts.size(), told::toString);
    for (int each = 0; each < verdicts.size(); each++) {
      assertEquals(runsAndReasons[2 * each], verdicts.get(each).runId(), told::toString);
      assertTrue(
          verdicts.get(each).reason().startsWith(runsAndReasons[2 * each + 1]), told::toString);
    }
  }

  @Test
  void byObjective() {
    save("none", EntryAttributes.checkpoint());
    save("high", checkpoint(3));
    save("low", checkpoint(1));
    assertReasons(
        Ranking.LOWEST_OBJECTIVE,
        "low",
        "lowest objective: 1.0",
        "high",
        "higher objective: 3.0 against 1.0",
        "none",
        "has no objective");
  }

  @Test
  void byATieInObjective() {
    save("final", finalResult(1 + 1e-13));
    save("late", checkpoint(1));
    save("later", checkpoint(1));
    assertReasons(
        Ranking.LOWEST_OBJECTIVE,
        "final",
        "lowest objective: 1.0000000000001, a tie won by being final",
        "later",
        "ties in objective, but is only a checkpoint",
        "late",
        "ties in objective, but is only a checkpoint");
  }

  @Test
  void byATieAmongCheckpoints() {
    save("late", checkpoint(1));
    save("later", checkpoint(1));
    assertReasons(
        Ranking.LOWEST_OBJECTIVE,
        "later",
        "lowest objective: 1.0, a tie won by being the latest written",
        "late",
        "ties in objective, but was written earlier: ");
  }

  @Test
  void withoutObjectives() {
    save("early", EntryAttributes.checkpoint());
    save("late", EntryAttributes.checkpoint());
    assertReasons(
        Ranking.LOWEST_OBJECTIVE,
        "late",
        "no entry has an objective; latest written: ",
        "early",
        "written earlier: ");
  }

  @Test
  void byTime() {
    save("early", finalResult(1));
    save("late", checkpoint(2));
    assertReasons(Ranking.LATEST, "late", "latest written: ", "early", "written earlier: ");
  }

  @Test
  void byFinality() {
    save("final-one", finalResult(1));
    save("final-two", finalResult(2));
    save("checkpoint", checkpoint(0));
    assertReasons(
        Ranking.FINAL_FIRST,
        "final-two",
        "latest final result, written ",
        "final-one",
        "written earlier: ",
        "checkpoint",
        "only a checkpoint");
  }

  @Test
  void byFinalityWithoutAFinal() {
    save("low", checkpoint(0));
    save("high", checkpoint(1));
    assertReasons(
        Ranking.FINAL_FIRST,
        "low",
        "no final result; lowest objective: 0.0",
        "high",
        "higher objective: 1.0 against 0.0");
  }

  @Test
  void whatCannotBeUsedComesLastWithTheReason() throws Exception {
    save("old", checkpoint(0));
    clock.advance(Duration.ofHours(1));
    for (String bad : List.of("tampered", "short", "no-payload", "no-manifest", "schema", "json")) {
      save(bad, checkpoint(1));
    }
    save("good", checkpoint(9));
    KeyFiles files = KeyFiles.of(root, key);
    files.writePayload("tampered", "xyz");
    files.writePayload("short", "x");
    Files.delete(files.payload("no-payload"));
    Files.delete(files.manifest("no-manifest"));
    files.editManifest("schema", "\"schema_version\": 1", "\"schema_version\": 3");
    files.writeManifest("json", "[");
    List<String> before = files.names();

    Explanation explanation = store.explain(key, Ranking.LOWEST_OBJECTIVE);

    assertEquals(Optional.of("good"), explanation.winner());
    assertEquals("good", explanation.candidates().get(0).runId());
    assertReason(explanation, "old", "expired: last used at ");
    assertReason(explanation, "tampered", "payload checksum mismatch: expected=");
    assertReason(explanation, "short", "payload size mismatch: expected=3 actual=1 file=");
    assertReason(explanation, "no-payload", "payload is missing: file=");
    assertReason(explanation, "no-manifest", "payload without a manifest");
    assertReason(explanation, "schema", "manifest has another schema version");
    assertReason(explanation, "json", "manifest is not");
    assertEquals(8, explanation.candidates().size());
    assertEquals(before, files.names(), "asking sets nothing aside");
    assertEquals(List.of(), KeyFiles.quarantined(root));
  }

  private static void assertReason(Explanation explanation, String runId, String reason) {
    Explanation.Verdict verdict =
        explanation.candidates().stream()
            .filter(each -> each.runId().equals(runId))
            .findAny()
            .orElseThrow();
    assertFalse(verdict.usable(), runId);
    assertTrue(verdict.reason().startsWith(reason), runId + ": " + verdict.reason());
    assertEquals(-1, verdict.reason().indexOf('\n'), runId);
  }

  @Test
  void factsOfACandidateAreThoseOfItsManifest() {
    store.saveOverwrite(key, "run", new byte[] {1, 2, 3}, finalResult(-0.5).withIteration(-1));
    Explanation.Verdict verdict = store.explain(key, Ranking.LATEST).candidates().get(0);
    assertEquals(-0.5, verdict.objective().orElseThrow());
    assertEquals(-1, verdict.iteration().orElseThrow());
    assertEquals(Optional.of(EntryKind.FINAL), verdict.kind());
    assertEquals(3, verdict.payloadBytes());
    assertEquals(clock.nanoTime() / 1_000_000_000, verdict.writtenUnixSecs());
  }

  @Test
  void ofAKeyWithoutEntriesThereIsNothingToTell() {
    Explanation explanation = store.explain(Payloads.key("absent"), Ranking.LATEST);
    assertTrue(explanation.winner().isEmpty());
    assertTrue(explanation.candidates().isEmpty());
  }

  @Test
  void askingIsNoHit() throws Exception {
    save("run", checkpoint(1));
    clock.advance(Duration.ofSeconds(30));
    store.explain(key, Ranking.LATEST);
    store.flush();
    assertTrue(
        Files.readString(KeyFiles.of(root, key).manifest("run")).contains("\"accessed\": false"));
    assertEquals(0, store.stats().count(StoreCounter.HITS));
  }
}
