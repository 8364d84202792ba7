package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.table.EntryFacts;
import io.warmstart.mapped.Checksums;
import io.warmstart.model.Digest256;
import io.warmstart.process.StripeLocks;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What it takes to find one entry among many, and what becomes of one that cannot be found. */
@Tag("once")
class EntryTableTest {
  private static final int MANY = 4_000;

  @TempDir Path parent;
  private IndexRoot root;
  private MemoryIndex memory;
  private IndexModel.Member process;

  @BeforeEach
  void open() throws IOException {
    root = IndexRoot.open(parent);
    memory = new MemoryIndex();
    process = new IndexModel.Member(root, memory);
  }

  @AfterEach
  void close() {
    root.close();
  }

  /** All of one stripe. */
  private static Digest256 key(int n) {
    return Digest256.ofWords(
        Checksums.mix(n), 7 + 512L * n, Checksums.mix(n + 10_000), Checksums.mix(n + 20_000));
  }

  private static EntryFacts facts(String runId) {
    return new EntryFacts(runId, 500, 1_000, false, 100, Double.NaN, false);
  }

  private void publish(Digest256 key, String runId) {
    try (StripeLocks.Hold hold = process.hold(key)) {
      assertTrue(hold.heldAcrossProcesses());
      process.ledger.published(hold, key, facts(runId), 0);
    }
  }

  private long loadsOf(Runnable action) {
    long before = process.life.loads();
    action.run();
    return process.life.loads() - before;
  }

  @Test
  void oneAmongThousandsOfItsStripeIsFoundWithoutPassingOverThem() {
    for (int n = 0; n < MANY; n++) {
      publish(key(n), "run");
    }
    assertEquals(MANY, process.ledger.count());

    // A dozen places at the most on average, of which each takes seven loads.
    long touch = loadsOf(() -> process.ledger.touched(key(1), "run", 9_000));
    long overwrite = loadsOf(() -> publish(key(2), "run"));
    long fresh = loadsOf(() -> publish(key(2), "another"));

    assertTrue(touch < 400, () -> "a touch loads " + touch);
    assertTrue(overwrite < 500, () -> "an overwrite loads " + overwrite);
    assertTrue(fresh < 500, () -> "a fresh save loads " + fresh);
  }

  @Test
  void oneRunAmongThousandsOfItsKeyIsFoundWithoutPassingOverMostOfThem() {
    for (int run = 0; run < MANY; run++) {
      publish(key(1), "run-" + run);
    }

    // Each of eight homes has 500.
    long touch = loadsOf(() -> process.ledger.touched(key(1), "run-1", 9_000));

    assertTrue(touch < MANY, () -> "a touch loads " + touch);
  }

  @Test
  void aScanOfOneKeyReadsNoneOfTheOthersButOnItsWay() {
    for (int n = 0; n < MANY; n++) {
      publish(key(n), "run");
    }

    long scan;
    try (StripeLocks.Hold hold = process.hold(key(1))) {
      assertTrue(hold.heldAcrossProcesses());
      scan = loadsOf(() -> process.ledger.scanned(hold, key(1), 5, 100, List.of(facts("run"))));
    }

    // Eight ways of a dozen places.
    assertTrue(scan < 2_000, () -> "a scan of a key loads " + scan);
  }

  /** A sweep would be offered it again and again. */
  @Test
  void anEntryThatNoSearchFindsIsOfferedToNoSweep() {
    publish(key(1), "run");
    publish(key(2), "run");
    IndexPatch.of(process.attached().files()).entryOfAnotherRun(key(1), "run");

    assertEquals(key(2), process.ledger.next().orElseThrow().key());
    assertEquals(1, process.attached().entries().entries(StripeLocks.stripeOf(key(1))).size());
  }

  /** With a hash that only adds up, these two were one entry: one of them was never evicted. */
  @Test
  void runsWhoseLettersAddUpToTheSameAreTwoEntries() {
    publish(key(1), "trialAa");
    publish(key(1), "trialBB");

    assertEquals(Set.of("trialAa", "trialBB"), process.ledger.runIds(key(1)));
  }

  /** A key was refused further runs from some hundred thousand on, and each save then scanned. */
  @Test
  void aKeyMayHaveHundredsOfThousandsOfRuns() {
    int many = 200_000;
    try (StripeLocks.Hold hold = process.hold(key(1))) {
      for (int run = 0; run < many; run++) {
        process.ledger.published(hold, key(1), facts("run-" + run), 0);
      }
    }
    assertEquals(many, process.ledger.runIds(key(1)).size());
  }
}
