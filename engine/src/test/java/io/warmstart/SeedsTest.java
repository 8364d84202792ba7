package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.ClaimState;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EntryKind;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.model.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Other roots that a store starts from, and never writes to. */
class SeedsTest {
  private static final Fingerprint KEY = Payloads.key("seeded");

  @TempDir Path parent;
  private Path root;
  private Path nightly;
  private Path published;

  @BeforeEach
  void makeRoots() {
    root = parent.resolve("root");
    nightly = parent.resolve("nightly");
    published = parent.resolve("published");
    save(nightly, "of the night", 2);
    save(published, "published", 1);
  }

  private static void save(Path root, String run, double objective) {
    try (WarmStartStore store = WarmStartStore.open(root)) {
      store.saveOverwrite(
          KEY,
          run.replace(' ', '-'),
          Versions.payload(run, 300),
          EntryAttributes.checkpoint().withObjective(objective));
    }
  }

  private WarmStartStore open(Path... seeds) {
    return WarmStartStore.open(root, StoreOptions.defaults().withSeeds(List.of(seeds)));
  }

  private static String winner(WarmStartStore store) {
    try (Entry entry = store.lookup(KEY).orElse(null)) {
      return entry == null ? "nothing" : entry.runId();
    }
  }

  @Test
  void theFirstSeedThatHasAnEntryAnswersUntilTheRootHasOne() {
    Path empty = parent.resolve("empty");
    WarmStartStore.open(empty).close();
    try (WarmStartStore store = open(empty, nightly, published)) {
      assertEquals("of-the-night", winner(store));
      try (Entry entry = store.lookup(KEY, Ranking.LATEST).orElseThrow()) {
        assertArrayEquals(Versions.payload("of the night", 300), Payloads.bytes(entry));
      }

      store.saveOverwrite(KEY, "own", new byte[3], EntryAttributes.checkpoint().withObjective(9));

      assertEquals("own", winner(store));
    }
  }

  @Test
  void aReusedEntryAndARunByItsNameComeFromThereToo() {
    try (WarmStartStore store = open(nightly, published);
        Entry reused = new Entry()) {
      assertTrue(store.lookup(KEY, Ranking.LOWEST_OBJECTIVE, reused));
      assertEquals("of-the-night", reused.runId());
      try (Entry entry = store.lookup(KEY, "published").orElseThrow()) {
        assertEquals(1, entry.objective().orElseThrow());
      }
      assertFalse(store.lookup(Payloads.key("nowhere"), Ranking.LATEST, reused));
      assertTrue(store.lookup(KEY, "none").isEmpty());
    }
  }

  @Test
  void aSessionResumesFromASeedAndSavesToItsRoot() throws IOException {
    RootFiles before = RootFiles.read(nightly);
    try (WarmStartStore store = open(nightly)) {
      Session session = store.session(KEY);
      try (Entry entry = session.resume().orElseThrow()) {
        assertEquals(2, entry.objective().orElseThrow());
      }
      assertTrue(session.completed().isEmpty());
      assertTrue(session.checkpoint(new byte[5], 1.5, 1));
      assertEquals(session.bestRunId(), winner(store));
      session.complete(new byte[6], 1.5, 2);
      assertTrue(store.remove(KEY, session.bestRunId()));
    }
    assertEquals(before.toString(), RootFiles.read(nightly).toString());
  }

  /** A claim asked the root alone: what a seed had finished was computed again. */
  @Test
  void whatASeedHasFinishedIsFinishedWhateverCheckpointsLieElsewhere() throws Exception {
    try (WarmStartStore store = open(nightly, published)) {
      try (Claim claim = store.claim(KEY)) {
        assertEquals(ClaimState.MINE, claim.state(), "there are checkpoints only");
      }
      try (WarmStartStore other = WarmStartStore.open(published)) {
        other.session(KEY).complete(new byte[4], 3, 100);
      }

      for (String own : List.of("nothing", "a checkpoint")) {
        try (Claim claim = store.claim(KEY);
            Entry last = store.session(KEY).completed().orElseThrow()) {
          assertEquals(ClaimState.FINISHED, claim.state(), own);
          assertEquals(EntryKind.FINAL, last.kind(), own);
          assertEquals(published.toRealPath(), last.root(), own);
        }
        store.save(KEY, new byte[3], EntryAttributes.checkpoint().withObjective(9));
      }

      store.session(KEY).complete(new byte[5], 4, 200);

      try (Entry last = store.session(KEY).completed().orElseThrow()) {
        assertEquals(store.root(), last.root(), "its own first");
      }
    }
  }

  @Test
  void leasesOnWhatASeedHasOutliveTheStore() {
    Entry entry;
    try (WarmStartStore store = open(nightly)) {
      entry = store.lookup(KEY).orElseThrow();
    }
    assertArrayEquals(Versions.payload("of the night", 300), Payloads.bytes(entry));
    entry.close();
  }

  /** Also one that is open in the same JVM to be written to. */
  @Test
  void whatIsSavedToASeedMeanwhileIsFound() {
    Fingerprint later = Payloads.key("later");
    try (WarmStartStore store = open(nightly);
        WarmStartStore other = WarmStartStore.open(nightly)) {
      assertTrue(store.lookup(later).isEmpty());

      other.save(later, new byte[] {1}, EntryAttributes.checkpoint());

      store.lookup(later).orElseThrow().close();
    }
  }

  @Test
  void whatCannotBeASeedIsRefusedAndNothingStaysOpen() throws IOException {
    Path file = Files.createFile(parent.resolve("file"));
    assertThrows(StoreException.class, () -> open(nightly, file).close());
    assertThrows(StoreException.class, () -> open(nightly, parent.resolve("missing")).close());
    WarmStartStore.open(root).close();
    Path link = Files.createSymbolicLink(parent.resolve("link"), root);
    assertThrows(IllegalArgumentException.class, () -> open(nightly, root).close());
    assertThrows(IllegalArgumentException.class, () -> open(link).close());
  }
}
