package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreCounter;
import io.warmstart.testing.Await;
import io.warmstart.testing.Rounds;
import io.warmstart.testing.Seeds;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a process has in the journal is found when it is dead, and becomes pairs. */
@Tag("slow")
@Tag("once")
@ExtendWith(Seeds.class)
class JournalledDeathTest extends JournallingProcessFixture {
  private static final int KILLS = Rounds.times(6);

  @ParameterizedTest
  @EnumSource(names = {"POWER_SAFE", "PROCESS_SAFE"})
  void whatAProcessHadSavedBeforeItsDeathIsFoundAndBecomesAPair(Durability durability)
      throws Exception {
    Fingerprint key = Payloads.key("k");
    try (WarmStartStore store = WarmStartStore.open(root)) {
      int saved;
      try (ForkedJvm child = start("count", "k", durability, 50)) {
        child.awaitLine("ready");
        assertTrue(version(store, key) > 0);
        child.tell();
        saved = Integer.parseInt(child.awaitLine("saved"));
        assertEquals(saved, version(store, key));
        child.kill();
      }
      assertEquals(saved, version(store, key));
      Await.until("the segment is adopted", () -> segments().isEmpty());
      assertEquals(saved, pairOf(key));
      assertEquals(saved, version(store, key));
      assertTrue(store.verify().clean(), () -> store.verify().problems().toString());
    }
  }

  /** Nobody of this library may come by for long: the original is to find it. */
  @ParameterizedTest
  @ValueSource(strings = {"TERM", "end", "async", "exit"})
  void aJvmThatEndsInOrderLeavesPairs(String how) throws Exception {
    int saved;
    String what = how.equals("TERM") ? "count" : how;
    try (ForkedJvm child = start(what, "k", Durability.PROCESS_SAFE, 50)) {
      saved = letSave(child);
      if (how.equals("TERM")) {
        child.terminate();
      } else {
        child.awaitEnd();
      }
    }
    assertEquals(saved, pairOf(Payloads.key("k")));
  }

  /** Adopting them takes longer than the second that the background takes for it at a time. */
  @Test
  void whoListsAKeyFindsAllThatTheDeadHadSaved() throws Exception {
    try (ForkedJvm child = start("many", "k", Durability.PROCESS_SAFE, 50)) {
      child.awaitLine("saved");
      child.kill();
    }
    StoreOptions slow =
        StoreOptions.defaults()
            .withFileOps(
                new WatchedFileOps(
                    op -> {
                      if (op.kind() == Kind.SYNC) {
                        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
                      }
                    }));
    try (WarmStartStore store = WarmStartStore.open(root, slow)) {
      assertEquals(50 + 1, store.contents(Payloads.key("k")).entries().size());
    }
  }

  /** A build that laid segments out as version 1 was killed, and this one comes after it. */
  @Test
  void whatAnOlderBuildHasLeftIsAdopted() throws Exception {
    try (ForkedJvm child = start("many", "k", Durability.PROCESS_SAFE, 50)) {
      child.awaitLine("saved");
      child.kill();
    }
    int old = 0;
    try (Stream<Path> files = Files.list(root.resolve(".warmstart/journal"))) {
      for (Path file : files.filter(each -> each.toString().contains("/segment-")).toList()) {
        JournalledBefore.ofVersion(file, 1);
        old++;
      }
    }
    assertTrue(old > 0, "no segments");
    try (WarmStartStore store = WarmStartStore.open(root)) {
      assertEquals(50 + 1, store.contents(Payloads.key("k")).entries().size());
      assertTrue(store.verify().clean());
    }
  }

  @Test
  void killsLoseNothing(Random random) throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root)) {
      for (int kill = 0; kill < KILLS; kill++) {
        Fingerprint key = Payloads.key("k" + kill % 2);
        int told;
        int found;
        try (ForkedJvm child = start("until-killed", "k" + kill % 2, Durability.PROCESS_SAFE, 40)) {
          child.awaitLine("ready");
          told = Integer.parseInt(child.awaitLine("saved"));
          assertTrue(version(store, key) >= told);
          LockSupport.parkNanos(random.nextLong(TimeUnit.MILLISECONDS.toNanos(300)));
          child.kill();
          found = version(store, key);
          assertTrue(found >= told, found + " of " + told);
        }
        // Its segment may have been adopted between the two; and a save into files that was cut off
        // between its renames, and had not returned, may have been completed.
        int next = version(store, key);
        assertTrue(next == found || next == found + 1, next + " after " + found);
        Await.until("the segments are adopted", () -> segments().isEmpty());
        int last = version(store, key);
        assertTrue(last == next || last == found + 1, last + " after " + next);
        assertEquals(last, pairOf(key));
      }
      assertEquals(0, store.stats().count(StoreCounter.QUARANTINED));
      assertEquals(0, store.stats().count(StoreCounter.JOURNAL_FAILURES));
    }
  }

  /**
   * A loop offers a state at each step and is killed: what it had is there, best and last apart.
   */
  @Test
  void aSessionThatIsKilledResumes() throws Exception {
    Fingerprint key = Payloads.key("session");
    try (WarmStartStore store = WarmStartStore.open(root)) {
      int told;
      try (ForkedJvm child = start("session", "k", Durability.PROCESS_SAFE, 700)) {
        child.awaitLine("ready");
        told = Integer.parseInt(child.awaitLine("saved"));
        child.kill();
      }
      Session session = store.session(key);
      long last;
      try (Entry entry = session.resumeLatest().orElseThrow()) {
        last = entry.iteration().orElseThrow();
        assertEquals("s" + last, Versions.nameOf(entry));
        assertTrue(last >= told, last + " of " + told);
      }
      try (Entry entry = session.resume().orElseThrow()) {
        long best = entry.iteration().orElseThrow();
        assertEquals("s" + best, Versions.nameOf(entry));
        assertEquals(1.0 / best, entry.objective().orElseThrow());
        // Of five steps in a row one at least is better than all before.
        assertTrue(best > last - 5, best + " of " + last);
      }
    }
  }
}
