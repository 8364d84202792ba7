package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.FaultyFileOps;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Fingerprinter;
import io.warmstart.model.KeyContents;
import io.warmstart.model.Namespace;
import io.warmstart.model.StoreException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Other keys that a session starts from, and never saves to. */
class SessionSeedsTest {
  private final Fingerprint mine = key(new Namespace("mine").fingerprinter());
  private final Fingerprint team = key(new Namespace("team").fingerprinter());
  private final Fingerprint unnamed = key(new Fingerprinter());

  @TempDir Path parent;
  private WarmStartStore store;

  private static Fingerprint key(Fingerprinter start) {
    return start.absorbString("spec", "y ~ s(x)").absorbLong("rows", 1797).finish();
  }

  @BeforeEach
  void open() {
    store = WarmStartStore.open(parent.resolve("root"));
  }

  @AfterEach
  void close() {
    store.close();
  }

  private Session session(Fingerprint... seeds) {
    return store.session(
        mine, SessionOptions.defaults().withInterval(Duration.ofDays(1)).withSeeds(List.of(seeds)));
  }

  private void save(Fingerprint key, String run, double objective) {
    store.saveOverwrite(
        key, run, new byte[8], EntryAttributes.finalResult().withObjective(objective));
  }

  private static String run(Optional<Entry> found) {
    try (Entry entry = found.orElse(null)) {
      return entry == null ? "nothing" : entry.runId();
    }
  }

  @Test
  void theFirstKeyThatHasAnEntryAnswersUntilTheSessionsOwnHasOne() {
    assertEquals("nothing", run(session(team, unnamed).resume()));
    save(unnamed, "of-no-namespace", 1);
    assertEquals("of-no-namespace", run(session(team, unnamed).resume()));
    save(team, "of-the-team", 2);
    assertEquals("of-the-team", run(session(team, unnamed).resume()));
    assertEquals("of-the-team", run(session(team, unnamed).resumeLatest()));
    assertEquals("of-no-namespace", run(session(unnamed, team).resume()));
    assertEquals("nothing", run(session().resume()));

    save(mine, "own", 3);

    assertEquals("own", run(session(team, unnamed).resume()));
    assertEquals("own", run(session(team, unnamed).resumeLatest()));
  }

  @Test
  void itsEntryTellsTheKeyAndTheRootThatItLiesUnder() {
    save(team, "of-the-team", 1);
    try (Entry entry = session(team).resume().orElseThrow()) {
      assertEquals(team, entry.key());
      assertEquals(store.root(), entry.root());
    }
    try (WarmStartStore other =
            WarmStartStore.open(
                parent.resolve("other"), StoreOptions.defaults().withSeeds(List.of(store.root())));
        Entry entry =
            other
                .session(mine, SessionOptions.defaults().withSeeds(List.of(team)))
                .resume()
                .orElseThrow()) {
      assertEquals(team, entry.key());
      assertEquals(store.root(), entry.root());
    }
  }

  @Test
  void nothingIsSavedToASeedAndItsFinalResultIsNotTheSessions() {
    save(team, "of-the-team", 1);
    KeyContents before = store.contents(team);
    Session session = session(team);
    assertEquals("of-the-team", run(session.resume()));

    assertTrue(session.completed().isEmpty());
    session.checkpoint(new byte[1], 0.5, 1);
    session.complete(new byte[2], 0.4, 2);

    assertEquals(session.lastRunId(), run(session.completed()));
    assertEquals(
        before.entries().stream().map(KeyContents.Listed::runId).toList(),
        store.contents(team).entries().stream().map(KeyContents.Listed::runId).toList());
  }

  /** What lies in another root may go without this store: this one keeps the best of its own. */
  @Test
  void theObjectiveInASeedsRootIsNoneToImproveOn() {
    Path other = store.root().resolveSibling("other");
    Fingerprint own = Payloads.key("in two roots");
    try (WarmStartStore seed = WarmStartStore.open(other)) {
      seed.saveOverwrite(
          own, "in-the-seed", new byte[1], EntryAttributes.checkpoint().withObjective(1));
    }
    StoreOptions options = StoreOptions.defaults().withSeeds(List.of(other));
    try (WarmStartStore seeded = WarmStartStore.open(store.root(), options)) {
      Session session =
          seeded.session(own, SessionOptions.defaults().withInterval(Duration.ofHours(1)));
      assertEquals("in-the-seed", run(session.resume()));
      assertTrue(session.checkpoint(new byte[1], 9, 1), "the first is taken");
      assertTrue(session.checkpoint(new byte[1], 8, 2), "it improves on 9");
    }
  }

  /** Of other data, an objective says nothing about the session's own. */
  @Test
  void theObjectiveOfASeedIsNoneToImproveOn() {
    save(team, "of-the-team", 1);
    Session session = session(team);
    assertEquals("of-the-team", run(session.resume()));
    assertTrue(session.checkpoint(new byte[1], 9, 1), "the first is taken");

    assertTrue(session.checkpoint(new byte[1], 8, 2), "it improves on 9, and not on the seed's 1");

    save(mine, "own", 1);
    Session later = session(team);
    assertEquals("own", run(later.resume()));
    assertTrue(later.checkpoint(new byte[1], 9, 1), "the first is taken");
    assertEquals(false, later.checkpoint(new byte[1], 8, 2), "it does not improve on its own 1");
  }

  @Test
  void aSeedThatCannotBeReadCountsAsOneWithoutEntries() {
    save(team, "of-the-team", 1);
    save(unnamed, "of-no-namespace", 1);
    store.close();
    FaultyFileOps ops = new FaultyFileOps();
    Path unreadable = store.root().resolve(team.toHex());
    store = WarmStartStore.open(store.root(), StoreOptions.defaults().withFileOps(ops));
    ops.onlyAt(op -> op.path().startsWith(unreadable));
    ops.arm(FaultyFileOps.Fault.EIO, true, 0, unreadable);
    assertThrows(StoreException.class, () -> store.lookup(team));

    assertEquals("of-no-namespace", run(session(team, unnamed).resume()));
  }

  @Test
  void aKeyIsNoSeedOfItself() {
    assertThrows(IllegalArgumentException.class, () -> session(team, mine));
  }
}
