package io.warmstart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EntryKind;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Fingerprinter;
import io.warmstart.model.PolicyUse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the original store demands of itself when it chooses, loses and expires entries, demanded of
 * this engine. Its demands on concurrent saves and sweeps have tests of their own.
 */
class OriginalDemandsTest {
  private static final Duration TTL = Duration.ofMinutes(1);

  @TempDir Path root;
  private final SteppedClock clock = new SteppedClock();
  private WarmStartStore store;

  @BeforeEach
  void open() {
    store = open(1L << 20);
  }

  @AfterEach
  void close() {
    store.close();
  }

  private WarmStartStore open(long sizeBudgetBytes) {
    return WarmStartStore.open(
        root,
        StoreOptions.defaults()
            .withSizeBudgetBytes(sizeBudgetBytes)
            .withTtl(TTL)
            .withPolicy(PolicyUse.CHANGE)
            .withClock(clock));
  }

  private void reopen(long sizeBudgetBytes) {
    store.close();
    store = open(sizeBudgetBytes);
  }

  private String save(Fingerprint key, String payload, EntryAttributes attributes) {
    return store.save(key, payload.getBytes(UTF_8), attributes);
  }

  private String best(Fingerprint key) {
    try (Entry entry = store.lookup(key).orElseThrow()) {
      return new String(Payloads.bytes(entry), UTF_8);
    }
  }

  private String latest(Fingerprint key) {
    try (Entry entry = store.lookupLatest(key).orElseThrow()) {
      return new String(Payloads.bytes(entry), UTF_8);
    }
  }

  private static EntryAttributes checkpoint(double objective) {
    return EntryAttributes.checkpoint().withObjective(objective);
  }

  @Test
  void aLookupReturnsWhatWasSaved() {
    Fingerprint key = Payloads.key("roundtrip");
    save(key, "hello-warm", checkpoint(1.5).withIteration(7));
    try (Entry entry = store.lookup(key).orElseThrow()) {
      assertArrayEquals("hello-warm".getBytes(UTF_8), Payloads.bytes(entry));
      assertEquals(1.5, entry.objective().orElseThrow());
      assertEquals(7, entry.iteration().orElseThrow());
      assertEquals(EntryKind.CHECKPOINT, entry.kind());
    }
  }

  @Test
  void theLowestObjectiveWinsWhereverItStandsInTheOrderOfSaves() {
    Fingerprint key = Payloads.key("multi");
    save(key, "worse", checkpoint(3));
    save(key, "better", checkpoint(1));
    save(key, "mid", checkpoint(2));
    assertEquals("better", best(key));
  }

  @Test
  void theLatestIsTheLastWrittenWhateverItsObjectiveAndWhoeverWasReadSince() {
    Fingerprint key = Payloads.key("latest-vs-best");
    save(key, "lower, earlier", EntryAttributes.finalResult().withObjective(1));
    clock.advance(Duration.ofMillis(2));
    save(key, "higher, later", checkpoint(10).withIteration(2));
    assertEquals("higher, later", latest(key));

    clock.advance(Duration.ofSeconds(5));
    assertEquals("lower, earlier", best(key));
    store.flush();

    assertEquals("higher, later", latest(key));
    reopen(1L << 20);
    assertEquals("higher, later", latest(key));
  }

  @Test
  void amongEqualObjectivesTheFinalResultWins() {
    Fingerprint key = Payloads.key("tie");
    save(key, "final", EntryAttributes.finalResult().withObjective(1));
    save(key, "checkpoint, later", checkpoint(1));
    assertEquals("final", best(key));
  }

  @Test
  void withoutObjectivesTheLastWrittenWins() {
    Fingerprint key = Payloads.key("latest");
    save(key, "first", EntryAttributes.checkpoint());
    clock.advance(Duration.ofMillis(1100));
    save(key, "second", EntryAttributes.checkpoint());
    assertEquals("second", best(key));
  }

  @Test
  void anEntryWhosePayloadWasTamperedWithIsAMissAndLeavesTheDirectoryClean() throws Exception {
    Fingerprint key = Payloads.key("corrupt");
    String runId = save(key, "original", checkpoint(0));
    KeyFiles files = KeyFiles.of(root, key);
    files.writePayload(runId, "tampered");
    clock.advance(Duration.ofMinutes(3));

    assertMissedByAStoreThatExpiresNothing(key);

    assertEquals(List.of(), files.names());
    assertEquals(3, KeyFiles.quarantined(root).size());
  }

  /** What is bad must be older than the TTL of these tests before it is set aside. */
  private void assertMissedByAStoreThatExpiresNothing(Fingerprint key) {
    try (WarmStartStore patient =
        WarmStartStore.open(
            root,
            StoreOptions.defaults()
                .withTtl(Duration.ZERO)
                .withPolicy(PolicyUse.THIS_STORE_ONLY)
                .withClock(clock))) {
      assertTrue(patient.lookup(key).isEmpty());
    }
  }

  @Test
  void aChangeOfThePayloadsLengthIsNoticedToo() throws Exception {
    Fingerprint key = Payloads.key("corrupt-length");
    String runId = save(key, "original", checkpoint(0));
    KeyFiles.of(root, key).writePayload(runId, "originals");
    assertTrue(store.lookup(key).isEmpty());
  }

  @Test
  void anEntryWhoseManifestIsNoJsonIsAMissAndSetAside() throws Exception {
    Fingerprint key = Payloads.key("badjson");
    String runId = save(key, "x", EntryAttributes.checkpoint());
    KeyFiles files = KeyFiles.of(root, key);
    files.writeManifest(runId, "{not valid json");
    clock.advance(Duration.ofMinutes(3));

    assertMissedByAStoreThatExpiresNothing(key);

    assertEquals(List.of(), files.names());
  }

  @Test
  void anEntryOfAnotherSchemaIsSetAsideByTheLookupThatMeetsIt() throws Exception {
    Fingerprint key = Payloads.key("schema");
    String runId = save(key, "x", EntryAttributes.checkpoint());
    KeyFiles files = KeyFiles.of(root, key);
    files.editManifest(runId, "\"schema_version\": 1", "\"schema_version\": 100");

    assertTrue(store.lookup(key).isEmpty());

    assertEquals(List.of(), files.names());
  }

  @Test
  void anEntryOfAnotherSchemaIsSetAsideByASavesSweepAndItsBytesCount() throws Exception {
    long budget = 6 * 1024;
    reopen(budget);
    Fingerprint stale = Payloads.key("schema-size-stale");
    String staleRun = save(stale, "0".repeat(4 * 1024), EntryAttributes.checkpoint());
    KeyFiles.of(root, stale)
        .editManifest(staleRun, "\"schema_version\": 1", "\"schema_version\": 100");

    Fingerprint fresh = Payloads.key("schema-size-fresh");
    save(fresh, "1".repeat(2 * 1024), EntryAttributes.checkpoint());

    assertEquals(List.of(), KeyFiles.of(root, stale).names());
    assertTrue(KeyFiles.bytesOf(root) <= budget);
    assertTrue(store.lookup(stale).isEmpty());
    assertTrue(store.lookup(fresh).isPresent());
  }

  @Test
  void anEntryWithoutItsPayloadIsAMiss() throws Exception {
    Fingerprint key = Payloads.key("nobin");
    String runId = save(key, "x", EntryAttributes.checkpoint());
    Files.delete(KeyFiles.of(root, key).payload(runId));
    assertTrue(store.lookup(key).isEmpty());
  }

  @Test
  void aKeyThatWasNeverSavedIsAMissAndMakesNoDirectory() {
    Fingerprint key = Payloads.key("absent");
    assertTrue(store.lookup(key).isEmpty());
    assertTrue(store.lookupLatest(key).isEmpty());
    assertFalse(Files.exists(root.resolve(key.toHex())));
  }

  @Test
  void savesBeyondTheBudgetEvictTheOldestFirst() throws Exception {
    long budget = 4 * 1024;
    reopen(budget);
    List<Fingerprint> keys = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      clock.advance(Duration.ofMillis(1));
      Fingerprint key = new Fingerprinter().absorbLong("i", i).finish();
      keys.add(key);
      store.save(key, new byte[256], checkpoint(i));
      assertTrue(KeyFiles.bytesOf(root) <= budget, "after save " + i);
    }
    List<Boolean> kept = new ArrayList<>();
    for (Fingerprint key : keys) {
      kept.add(!KeyFiles.of(root, key).names().isEmpty());
    }
    assertTrue(kept.get(19));
    assertFalse(kept.get(0));
    assertEquals(kept.stream().sorted().toList(), kept, "the kept are the last saved");
  }

  @Test
  void anEntryUnusedForTheTtlIsGone() {
    Fingerprint key = Payloads.key("ttl");
    save(key, "x", EntryAttributes.checkpoint());
    assertTrue(store.lookup(key).isPresent());

    clock.advance(TTL.plusSeconds(5));
    Fingerprint other = Payloads.key("ttl-other");
    save(other, "y", EntryAttributes.checkpoint());

    assertTrue(store.lookup(key).isEmpty());
    assertTrue(store.lookup(other).isPresent());
  }

  @Test
  void overwritingKeepsOneEntryAndOnePairOfFiles() throws Exception {
    Fingerprint key = Payloads.key("overwrite");
    String runId = save(key, "v1", checkpoint(2).withIteration(1));
    store.saveOverwrite(key, runId, "v2".getBytes(UTF_8), checkpoint(1).withIteration(2));
    assertEquals(List.of(runId + ".bin", runId + ".json"), KeyFiles.of(root, key).names());
    assertEquals("v2", best(key));
  }

  @Test
  void aSaveMakesADirectoryThatSomebodyHasRemovedAgain() throws IOException {
    Fingerprint key = Payloads.key("recreate");
    String runId = save(key, "v1", EntryAttributes.checkpoint());
    KeyFiles files = KeyFiles.of(root, key);
    Files.delete(files.payload(runId));
    Files.delete(files.manifest(runId));
    Files.delete(files.directory());

    store.saveOverwrite(key, runId, "v2".getBytes(UTF_8), EntryAttributes.checkpoint());

    assertEquals("v2", best(key));
  }

  @Test
  void keysDoNotSeeEachOthersEntries() {
    Fingerprint a = Payloads.key("a");
    Fingerprint b = Payloads.key("b");
    save(a, "AAA", EntryAttributes.finalResult().withObjective(1));
    save(b, "BBB", EntryAttributes.finalResult().withObjective(1));
    assertEquals("AAA", best(a));
    assertEquals("BBB", best(b));
  }
}
