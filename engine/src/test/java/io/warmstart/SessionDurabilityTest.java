package io.warmstart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.io.FileOps;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.Fingerprint;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a session's checkpoints survive, and what they wait for. */
class SessionDurabilityTest {
  private static final byte[] STATE = "state".getBytes(UTF_8);

  @TempDir Path root;
  private final Fingerprint key = Payloads.key("session");
  private final Thread mine = Thread.currentThread();
  private final AtomicInteger ofSegments = new AtomicInteger();
  private final AtomicInteger ofPairs = new AtomicInteger();

  /** Counts the syncs that the thread of the test makes. */
  private final FileOps ops =
      new WatchedFileOps(
          op -> {
            if (Thread.currentThread() == mine && op.kind() == Kind.SYNC) {
              (op.path().toString().contains("segment-") ? ofSegments : ofPairs).incrementAndGet();
            }
          });

  private int step;

  private WarmStartStore open(StoreOptions options) {
    return WarmStartStore.open(root, options.withFileOps(ops));
  }

  private void checkpoint(Session session) {
    step++;
    session.checkpoint(STATE, 1.0 / step, step);
  }

  /** Of a session that has a segment. */
  private void assertEachTakes(Session session, int syncsOfSegments, int syncsOfPairs) {
    for (int each = 0; each < 3; each++) {
      ofSegments.set(0);
      ofPairs.set(0);
      checkpoint(session);
      assertEquals(syncsOfSegments, ofSegments.get());
      assertEquals(syncsOfPairs, ofPairs.get());
    }
  }

  @Test
  void byDefaultACheckpointWaitsForNoSync() {
    try (WarmStartStore store = open(StoreOptions.defaults())) {
      Session session = store.session(key);
      Journalled.until(store, () -> checkpoint(session));
      assertEachTakes(session, 0, 0);
    }
  }

  @ParameterizedTest
  @CsvSource({"PROCESS_SAFE, 0", "POWER_SAFE, 1"})
  void whatTheStoreNamesHoldsForItsSessions(Durability named, int syncs) {
    try (WarmStartStore store = open(StoreOptions.defaults().withDurability(named))) {
      Session session = store.session(key);
      Journalled.until(store, () -> checkpoint(session));
      assertEachTakes(session, syncs, 0);
    }
  }

  @Test
  void aStoreThatNamesFilesHasPairsOfItsSessions() {
    StoreOptions options = StoreOptions.defaults().withDurability(Durability.IN_FILES);
    try (WarmStartStore store = open(options)) {
      Session session = store.session(key);
      checkpoint(session);
      assertEachTakes(session, 0, 2);
    }
  }

  @ParameterizedTest
  @CsvSource({"PROCESS_SAFE, 0", "POWER_SAFE, 1"})
  void whatASessionNamesComesBeforeTheStore(Durability named, int syncs) {
    StoreOptions options = StoreOptions.defaults().withDurability(Durability.IN_FILES);
    try (WarmStartStore store = open(options)) {
      Session session = store.session(key, SessionOptions.defaults().withDurability(named));
      Journalled.until(store, () -> checkpoint(session));
      assertEachTakes(session, syncs, 0);
    }
  }

  @Test
  void aFinalResultSurvivesAPowerCut() {
    StoreOptions options = StoreOptions.defaults().withDurability(Durability.PROCESS_SAFE);
    try (WarmStartStore store = open(options)) {
      Session session = store.session(key);
      Journalled.until(store, () -> checkpoint(session));
      // The last entry's first version goes into files.
      session.complete(STATE, 1, 1);
      ofSegments.set(0);
      session.complete(STATE, 1, 2);
      assertEquals(1, ofSegments.get());
    }
  }
}
