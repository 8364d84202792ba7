package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.io.InMemory;
import io.warmstart.io.OnceBefore;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.Ranking;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreStats;
import io.warmstart.model.VerifyReport;
import io.warmstart.testing.Await;
import io.warmstart.testing.Rounds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Machines that share a root and no memory, each played by a local directory of its own. Their
 * stores are told that there are no foreign writers, which must not be believed.
 */
@Tag("slow")
@Tag("once")
class OtherMachinesTest {
  private static final int OVERWRITES = Rounds.times(50);
  private static final Fingerprint KEY = Payloads.key("between machines");

  @TempDir(factory = InMemory.class)
  Path parent;

  private Path root;
  private Path here;
  private Path there;

  @BeforeEach
  void makeMachines() throws IOException {
    root = Files.createDirectory(parent.resolve("root"));
    here = Files.createDirectory(parent.resolve("here"));
    there = Files.createDirectory(parent.resolve("there"));
  }

  private WarmStartStore open(Path machine) {
    return WarmStartStore.open(root, OtherMachine.options(machine));
  }

  private static Optional<String> version(WarmStartStore store) {
    try (Entry entry = store.lookup(KEY).orElse(null)) {
      return entry == null ? Optional.empty() : Optional.of(Versions.nameOf(entry));
    }
  }

  private static void awaitVersion(WarmStartStore store, Optional<String> expected) {
    Await.answer(expected, () -> version(store));
    // From here on it must stay so, whatever the index says.
    assertEquals(expected, version(store));
  }

  @Test
  void savesOverwritesAndEvictionsOfAnotherMachineAreSeen() throws Exception {
    try (WarmStartStore store = open(here);
        ForkedJvm other =
            ForkedJvm.start(OtherMachine.class, "obey", root.toString(), there.toString())) {
      other.awaitLine("ready");
      // The misses and hits before each change put into the index what must be given up then.
      awaitVersion(store, Optional.empty());
      other.tell();
      other.awaitLine("saved");
      awaitVersion(store, Optional.of("first"));
      other.tell();
      other.awaitLine("overwrote");
      awaitVersion(store, Optional.of("second"));
      store.save(Payloads.key("here"), new byte[10], EntryAttributes.checkpoint());
      other.tell();
      assertEquals("2", other.awaitLine("evicted"));
      awaitVersion(store, Optional.empty());
      assertTrue(store.lookup(Payloads.key("here")).isEmpty());
    }
    assertFalse(Files.exists(root.resolve(".warmstart").resolve("locks")));
  }

  /**
   * A reader's access stamp was written into the manifest: read, compared, and renamed into place
   * under a lock that only its own machine sees. What the other machine had saved in between lost
   * its manifest to the one before, and the key became a miss: 2 of 11,366 acknowledged saves on
   * ext4, 2 of 383 on GlusterFS.
   */
  @Test
  void anAccessOnOneMachineDestroysNoSaveOfAnother() throws Exception {
    try (WarmStartStore one = open(here)) {
      one.saveOverwrite(KEY, "r", Versions.payload("old", 60), EntryAttributes.checkpoint());
      byte[] written = Files.readAllBytes(KeyFiles.of(root, KEY).manifest("r"));
      OnceBefore reader = new OnceBefore();
      StoreOptions watched = OtherMachine.options(there).withFileOps(reader);
      try (WarmStartStore other = WarmStartStore.open(root, watched)) {
        awaitVersion(other, Optional.of("old"));
        reader.arm(op -> OtherMachine.isRename(op, KEY), 1, () -> saveNew(one));
        other.flush();
      }
      assertFalse(reader.done(), "a manifest was rewritten");
      assertArrayEquals(written, Files.readAllBytes(KeyFiles.of(root, KEY).manifest("r")));
      saveNew(one);
      awaitVersion(one, Optional.of("new"));
      assertTrue(one.verify().clean());
      assertTrue(KeyFiles.quarantined(root).isEmpty());
    }
  }

  /** The other machine's lock did not keep it out, and what it had saved went with the old one. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void anEvictionOnOneMachineTakesNoSaveOfAnother(int change) throws Exception {
    SteppedClock clock = new SteppedClock();
    Duration ttl = Duration.ofHours(1);
    StoreOptions mine = OtherMachine.options(here).withClock(clock).withTtl(ttl);
    StoreOptions others = OtherMachine.options(there).withClock(clock).withTtl(ttl);
    try (WarmStartStore one = WarmStartStore.open(root, mine)) {
      one.saveOverwrite(KEY, "r", Versions.payload("old", 60), EntryAttributes.checkpoint());
      clock.advance(Duration.ofHours(2));
      OnceBefore sweeper = new OnceBefore();
      try (WarmStartStore other = WarmStartStore.open(root, others.withFileOps(sweeper))) {
        sweeper.arm(op -> OtherMachine.isChange(op, KEY), change, () -> saveNew(one));
        other.evictOverflow();
        assertTrue(sweeper.done(), "nothing was removed");
      }
      awaitVersion(one, Optional.of("new"));
      assertTrue(one.verify().clean());
      assertEquals(List.of("r.bin", "r.json"), KeyFiles.of(root, KEY).names());
    }
  }

  /**
   * A process died between its renames. Another machine completed its save, a second later as it
   * must, and in that moment the dead one's machine saved the run again: the old manifest was
   * renamed over the new one.
   */
  @Test
  void aDeathThatAnotherMachineRepairsDestroysNoLaterSave() throws Exception {
    try (ForkedJvm dying =
        ForkedJvm.start(OtherMachine.class, "stop", root.toString(), there.toString())) {
      dying.awaitLine("stopped");
      dying.kill();
    }
    OnceBefore ops = new OnceBefore();
    ops.arm(
        op -> OtherMachine.isRename(op, KEY),
        1,
        () -> {
          try (WarmStartStore restarted = open(there)) {
            restarted.saveOverwrite(
                KEY, "r", Versions.payload("newer", 80), EntryAttributes.checkpoint());
          }
        });
    StoreOptions watched = OtherMachine.options(here).withFileOps(ops);
    try (WarmStartStore store = WarmStartStore.open(root, watched)) {
      awaitVersion(store, Optional.of("newer"));
      assertTrue(ops.done(), "nothing was to be completed");
      assertTrue(store.verify().clean());
      assertTrue(KeyFiles.quarantined(root).isEmpty());
    }
  }

  private static void saveNew(WarmStartStore store) {
    store.saveOverwrite(KEY, "r", Versions.payload("new", 70), EntryAttributes.checkpoint());
  }

  /** No manifest tells of it, so only this machine's index can: to a later process too. */
  @Test
  void anAccessPutsOffExpiryAndEvictionOnItsOwnMachineAlone() throws Exception {
    SteppedClock clock = new SteppedClock();
    Duration ttl = Duration.ofHours(1);
    StoreOptions mine = OtherMachine.options(here).withClock(clock).withTtl(ttl);
    StoreOptions others = OtherMachine.options(there).withClock(clock).withTtl(ttl);
    try (WarmStartStore one = WarmStartStore.open(root, mine)) {
      one.saveOverwrite(KEY, "r", Versions.payload("v", 4000), EntryAttributes.checkpoint());
      clock.advance(Duration.ofMinutes(50));
      awaitVersion(one, Optional.of("v"));
      one.save(Payloads.key("later"), new byte[4000], EntryAttributes.checkpoint());
    }
    clock.advance(Duration.ofMinutes(20));
    try (WarmStartStore other = WarmStartStore.open(root, others)) {
      assertEquals(Optional.empty(), version(other), "it counts from the write");
      assertTrue(other.lookup(Payloads.key("later")).isPresent());
    }
    try (WarmStartStore later = WarmStartStore.open(root, mine.withSizeBudgetBytes(6000))) {
      assertTrue(later.explain(KEY, Ranking.LATEST).winner().isPresent());
      assertEquals(1, later.evictOverflow().evicted());
      assertEquals(Optional.of("v"), version(later), "what was never accessed goes first");
    }
  }

  @Test
  void aDirectoryThatSomebodyDeletesIsSeenOnBoth() throws Exception {
    try (WarmStartStore one = open(here);
        WarmStartStore other = open(there)) {
      one.saveOverwrite(KEY, "r", Versions.payload("v", 50), EntryAttributes.checkpoint());
      awaitVersion(one, Optional.of("v"));
      awaitVersion(other, Optional.of("v"));
      assertEquals(1, one.stats().liveProcesses(), "each counts the processes of its machine");
      KeyFiles files = KeyFiles.of(root, KEY);
      for (String name : files.names()) {
        Files.delete(files.file(name));
      }
      Files.delete(files.directory());
      awaitVersion(one, Optional.empty());
      awaitVersion(other, Optional.empty());
    }
  }

  /** They have the same boot, and each is row 0 of its own table: no row proves the other dead. */
  @Test
  void aSaveUnderWayOnAnotherMachineIsNotTakenForALeftover() throws Exception {
    try (WarmStartStore one = open(here)) {
      List<VerifyReport> reports = new ArrayList<>();
      overwriteThere(
          1,
          () -> {
            one.evictOverflow();
            reports.add(one.repair());
          });
      assertTrue(reports.get(0).clean(), reports::toString);
      assertTrue(reports.get(0).leftovers().isEmpty(), reports::toString);
      assertEquals(Optional.of("new"), version(one));
      assertEquals(0, one.stats().count(StoreCounter.LEFTOVERS_REMOVED));
    }
  }

  /**
   * A sweep or a verification may take it for dead there, and complete its save. A reader answers
   * by its staged manifest, and completes nothing: no lock keeps the saver out.
   */
  @Test
  void aSaveThatIsStoppedBetweenItsRenamesMayBeCompletedByAnother() throws Exception {
    StoreOptions always = OtherMachine.options(here).withForeignCheckInterval(Duration.ZERO);
    try (WarmStartStore one = WarmStartStore.open(root, always)) {
      for (Runnable impatience :
          List.<Runnable>of(
              one::evictOverflow,
              () -> one.repair(),
              () -> assertEquals(Optional.of("new"), version(one)))) {
        overwriteThere(2, impatience);
        awaitVersion(one, Optional.of("new"));
        assertTrue(KeyFiles.quarantined(root).isEmpty());
        assertEquals(List.of("r.bin", "r.json"), KeyFiles.of(root, KEY).names());
      }
      assertEquals(2, one.stats().count(StoreCounter.ROLLED_FORWARD));
    }
  }

  /** Overwrites on the other machine, and does something before the n-th rename there. */
  private void overwriteThere(int rename, Runnable before) {
    OnceBefore ops = new OnceBefore();
    StoreOptions watched = OtherMachine.options(there).withFileOps(ops);
    try (WarmStartStore other = WarmStartStore.open(root, watched)) {
      other.saveOverwrite(KEY, "r", Versions.payload("old", 60), EntryAttributes.checkpoint());
      ops.arm(op -> OtherMachine.isRename(op, KEY), rename, before::run);
      other.saveOverwrite(KEY, "r", Versions.payload("new", 70), EntryAttributes.checkpoint());
      assertTrue(ops.done());
      assertEquals(Optional.of("new"), version(other));
    }
  }

  @Test
  void aDeathBetweenTheRenamesIsRepairedByTheOtherMachine() throws Exception {
    try (WarmStartStore store = open(here)) {
      try (ForkedJvm other =
          ForkedJvm.start(OtherMachine.class, "stop", root.toString(), there.toString())) {
        other.awaitLine("stopped");
        other.kill();
      }
      awaitVersion(store, Optional.of("new"));
      assertTrue(KeyFiles.quarantined(root).isEmpty());
    }
  }

  /** A second was waited for each of them, minutes where a backup was half unpacked. */
  @Test
  void manyPairsThatDoNotFitAreWaitedForTogether() throws Exception {
    int pairs = 8;
    try (WarmStartStore store = open(here)) {
      for (int pair = 0; pair < pairs; pair++) {
        store.saveOverwrite(KEY, "r" + pair, new byte[60], EntryAttributes.checkpoint());
        Files.write(KeyFiles.of(root, KEY).payload("r" + pair), new byte[50]);
      }
      long before = System.nanoTime();
      assertEquals(Optional.empty(), version(store));
      long lookedUp = System.nanoTime();
      store.repair();
      long swept = System.nanoTime();

      long halfOfOneByOne = TimeUnit.SECONDS.toNanos(pairs) / 2;
      assertTrue(lookedUp - before < halfOfOneByOne, () -> (lookedUp - before) + " ns");
      assertTrue(swept - lookedUp < halfOfOneByOne, () -> (swept - lookedUp) + " ns");
    }
  }

  @Test
  void aSweepCountsWhatAnotherMachineHasSaved() throws Exception {
    StoreOptions small = OtherMachine.options(here).withSizeBudgetBytes(10_000);
    // Its own sweeps leave the root alone: what goes, goes by the sweep of the first.
    StoreOptions large =
        OtherMachine.options(there)
            .withSizeBudgetBytes(1_000_000)
            .withPolicy(PolicyUse.THIS_STORE_ONLY);
    try (WarmStartStore one = WarmStartStore.open(root, small);
        WarmStartStore other = WarmStartStore.open(root, large)) {
      one.save(Payloads.key("a"), new byte[4000], EntryAttributes.checkpoint());
      one.evictOverflow();
      other.save(Payloads.key("b"), new byte[4000], EntryAttributes.checkpoint());
      other.save(Payloads.key("c"), new byte[4000], EntryAttributes.checkpoint());
      EvictionReport report = one.evictOverflow();
      assertEquals(1, report.evicted(), report::toString);
      assertTrue(one.inspect().bytes() <= 10_000);
      assertTrue(one.lookup(Payloads.key("a")).isEmpty(), "the oldest goes, wherever it was saved");
      assertTrue(one.lookup(Payloads.key("c")).isPresent());
    }
  }

  /** Nobody keeps them apart: checksums and the look after the renames must do. */
  @Test
  void twoMachinesThatOverwriteOneRunAgainAndAgainLeaveOneWholeVersion() throws Exception {
    StringBuilder report = new StringBuilder();
    List<ForkedJvm> machines = new ArrayList<>();
    try {
      for (Path machine : List.of(here, there)) {
        machines.add(
            ForkedJvm.start(
                OtherMachine.class,
                "overwrite",
                root.toString(),
                machine.toString(),
                machine.getFileName().toString(),
                Integer.toString(OVERWRITES)));
      }
      for (ForkedJvm machine : machines) {
        machine.awaitLine("ready");
      }
      for (ForkedJvm machine : machines) {
        machine.tell();
      }
      for (ForkedJvm machine : machines) {
        assertEquals("0", machine.awaitLine("mixtures"));
        for (String word : List.of("misses", "quarantined", "republished", "rolled")) {
          report.append(word).append(' ').append(machine.awaitLine(word)).append('\n');
        }
      }
    } finally {
      machines.forEach(ForkedJvm::close);
    }
    try (WarmStartStore store = open(here);
        Entry entry = store.lookup(Payloads.key("contended")).orElseThrow()) {
      String version = Versions.nameOf(entry);
      assertTrue(version.endsWith(" " + (OVERWRITES - 1)), version + "\n" + report);
      assertTrue(store.verify().clean());
    }
  }

  @Test
  void countersAndVerificationWorkOnEach() throws Exception {
    try (WarmStartStore one = open(here);
        WarmStartStore other = open(there)) {
      one.save(KEY, new byte[] {1}, EntryAttributes.checkpoint());
      assertTrue(other.lookup(KEY).isPresent());
      StoreStats stats = other.stats();
      assertEquals(0, stats.count(StoreCounter.SAVES));
      assertEquals(1, stats.count(StoreCounter.HITS));
      assertEquals(1, other.verify().entries());
      assertFalse(other.options().foreignCheckInterval().isZero());
    }
  }
}
