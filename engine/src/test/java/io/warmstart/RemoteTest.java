package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.ClaimState;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EntryKind;
import io.warmstart.model.Ranking;
import io.warmstart.model.SyncDirection;
import io.warmstart.model.SyncReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What one machine saves another finds. */
@Timeout(120)
class RemoteTest extends RemoteFixture {
  @Test
  void whatOneMachineHasSavedAnotherFindsWithItsManifest() {
    byte[] payload = new byte[100_000];
    payload[99_999] = 7;
    try (WarmStartStore one = machine("one");
        WarmStartStore other = machine("other")) {
      one.saveOverwrite(
          KEY, "run", payload, EntryAttributes.finalResult().withObjective(1.5).withIteration(9));
      assertTrue(one.flushRemote(LONG));

      try (Entry entry = other.lookup(KEY).orElseThrow();
          Entry saved = one.lookup(KEY).orElseThrow()) {
        assertArrayEquals(payload, Payloads.bytes(entry));
        assertEquals("run", entry.runId());
        assertEquals(EntryKind.FINAL, entry.kind());
        assertEquals(1.5, entry.objective().orElseThrow());
        assertEquals(9, entry.iteration().orElseThrow());
        assertEquals(saved.writtenAt(), entry.writtenAt());
      }
      assertEquals(1, other.remote().orElseThrow().fetched());
      assertEquals(0, other.remote().orElseThrow().pushed());
      assertTrue(other.flushRemote(LONG));
      assertEquals(0, other.remote().orElseThrow().pushed(), "what came from there goes nowhere");
    }
  }

  @Test
  void aMissFetchesWhatWinsByEachRankingAndNoMore() {
    try (WarmStartStore one = machine("one");
        WarmStartStore other = machine("other")) {
      one.save(KEY, new byte[] {1}, EntryAttributes.finalResult().withObjective(5));
      one.save(KEY, new byte[] {2}, objective(1));
      one.save(KEY, new byte[] {3}, objective(2));
      one.save(KEY, new byte[] {4}, objective(3));
      assertTrue(one.flushRemote(LONG));

      assertEquals(2, valueOf(other.lookup(KEY)));
      assertEquals(4, valueOf(other.lookupLatest(KEY)));
      assertEquals(1, valueOf(other.lookup(KEY, Ranking.FINAL_FIRST)));
      assertEquals(3, other.contents(KEY).entries().size());
    }
  }

  @Test
  void aRunIsFetchedByItsId() {
    String longId = "z".repeat(128);
    try (WarmStartStore one = machine("one");
        WarmStartStore other = machine("other", remote.withCheckInterval(LONG))) {
      one.saveOverwrite(KEY, "best", new byte[] {1}, objective(1));
      one.saveOverwrite(KEY, longId, new byte[] {2}, objective(2));
      assertTrue(one.flushRemote(LONG));

      assertEquals(2, valueOf(other.lookup(KEY, longId)));
      assertFalse(other.lookup(KEY, "nobody").isPresent());
      assertEquals(1, other.contents(KEY).entries().size());
      // It has another name there, and is known for the same.
      assertEquals(0, one.sync(remote, SyncDirection.BOTH, List.of(), false).items().size());
    }
  }

  @Test
  void aHitAsksNothingAndASessionThatResumesAlwaysAsks() {
    try (WarmStartStore one = machine("one");
        WarmStartStore other = machine("other")) {
      other.save(KEY, new byte[] {1}, objective(2));
      one.save(KEY, new byte[] {2}, objective(1));
      assertTrue(one.flushRemote(LONG));

      assertEquals(1, valueOf(other.lookup(KEY)));
      assertEquals(2, valueOf(other.session(KEY).resume()));
      assertEquals(2, valueOf(other.lookup(KEY)));
    }
  }

  @Test
  void aFitThatIsCompletedElsewhereIsKnownToBe() {
    try (WarmStartStore one = machine("one");
        WarmStartStore other = machine("other")) {
      other.save(KEY, new byte[] {1}, objective(1));
      one.session(KEY).complete(new byte[] {2}, 2, 10);

      assertEquals(2, valueOf(other.session(KEY).completed()));
      assertEquals(1, valueOf(other.lookup(KEY)));
    }
  }

  @Test
  void ofOneRunOnTwoMachinesTheLaterVersionCountsWhoeverPushesLast() {
    try (WarmStartStore one = machine("one");
        WarmStartStore other = machine("other")) {
      one.saveOverwrite(KEY, "run", new byte[] {1}, objective(1));
      other.saveOverwrite(KEY, "run", new byte[] {2}, objective(2));
      assertTrue(other.flushRemote(LONG));
      assertTrue(one.flushRemote(LONG));

      assertTrue(one.refresh(KEY));
      assertEquals(2, valueOf(one.lookup(KEY)));
      assertFalse(other.refresh(KEY));
      assertEquals(2, valueOf(other.lookup(KEY)));
    }
  }

  @Test
  void aLaterVersionTakesThePlaceOfEarlierOnesThere() throws Exception {
    try (WarmStartStore one = machine("one")) {
      for (byte version = 1; version < 4; version++) {
        one.saveOverwrite(KEY, "run", new byte[] {version}, objective(version));
        assertTrue(one.flushRemote(LONG));
      }
      assertEquals(2, objects().size(), objects().toString());
      try (WarmStartStore other = machine("other")) {
        assertEquals(3, valueOf(other.lookup(KEY)));
      }
    }
  }

  @Test
  void whatWasSavedWhileThereWasNoRemoteGoesThereWhenTheRootIsOpenedNext() {
    try (WarmStartStore one = WarmStartStore.open(work.resolve("one"))) {
      one.save(KEY, new byte[] {1}, objective(1));
      one.save(Payloads.key("another"), new byte[] {2}, objective(1));
    }
    try (WarmStartStore one = machine("one");
        WarmStartStore other = machine("other")) {
      assertTrue(one.flushRemote(LONG));
      assertEquals(2, one.remote().orElseThrow().pushed());
      assertEquals(1, valueOf(other.lookup(KEY)));
      assertEquals(2, valueOf(other.lookup(Payloads.key("another"))));
    }
    // What is known to be there is not compared again, what has changed since is.
    try (WarmStartStore one = WarmStartStore.open(work.resolve("one"))) {
      one.save(KEY, new byte[] {3}, objective(0));
    }
    try (WarmStartStore one = machine("one")) {
      assertTrue(one.flushRemote(LONG));
      assertEquals(1, one.remote().orElseThrow().pushed());
    }
  }

  /** Somebody has copied a root there, by a program that knows nothing of stamps. */
  @Test
  void aCopyOfARootIsRead() throws Exception {
    try (WarmStartStore one = WarmStartStore.open(work.resolve("one"))) {
      one.saveOverwrite(KEY, "run.000000003b9aca02", new byte[] {1}, objective(1));
      one.saveOverwrite(KEY, "other", new byte[] {2}, objective(2));
    }
    try (Stream<Path> files = Files.list(work.resolve("one").resolve(KEY.toHex()))) {
      for (Path each : files.toList()) {
        put(KEY.toHex() + "/" + each.getFileName(), Files.readAllBytes(each));
      }
    }
    try (WarmStartStore other = machine("other")) {
      assertEquals(1, valueOf(other.lookup(KEY)));
      assertEquals(2, valueOf(other.lookup(KEY, "other")));
      assertEquals(1, valueOf(other.lookup(KEY, "run.000000003b9aca02")));
    }
  }

  /** And the other way round: what lies in a remote is a root when it is copied. */
  @Test
  void aCopyOfARemoteIsARoot() throws Exception {
    try (WarmStartStore one = machine("one")) {
      one.saveOverwrite(KEY, "run", new byte[] {1}, objective(1));
      assertTrue(one.flushRemote(LONG));
    }
    Path copy = work.resolve("copy");
    Files.createDirectories(copy.resolve(KEY.toHex()));
    for (String each : objects()) {
      Files.write(copy.resolve(each), object(each));
    }
    try (WarmStartStore copied = machine("copy")) {
      assertEquals(1, valueOf(copied.lookup(KEY)));
      assertTrue(copied.verify().clean());
      assertTrue(copied.flushRemote(LONG));
      assertEquals(0, copied.remote().orElseThrow().pushed(), "it is there already");
      assertFalse(copied.refresh(KEY));
    }
  }

  @Test
  void whatIsRemovedIsRemovedThereAndDoesNotComeBack() throws Exception {
    try (WarmStartStore one = machine("one")) {
      one.saveOverwrite(KEY, "run", new byte[] {1}, objective(1));
      one.saveOverwrite(KEY, "stays", new byte[] {2}, objective(2));
      assertTrue(one.flushRemote(LONG));
      assertTrue(one.remove(KEY, "run"));
      assertEquals(2, objects().size(), objects().toString());
      assertFalse(one.lookup(KEY, "run").isPresent());
      assertEquals(1, one.remove(KEY));
      assertEquals(List.of(), objects());
      assertFalse(one.lookup(KEY).isPresent());
      assertTrue(one.flushRemote(LONG));
      assertEquals(List.of(), objects());
    }
  }

  @Test
  void aReadOnlyRemoteGivesAndTakesNothing() throws Exception {
    try (WarmStartStore one = machine("one")) {
      one.saveOverwrite(KEY, "run", new byte[] {1}, objective(1));
      assertTrue(one.flushRemote(LONG));
    }
    List<String> before = objects();
    try (WarmStartStore other = machine("other", remote.withReadOnly(true))) {
      assertEquals(1, valueOf(other.lookup(KEY)));
      other.save(KEY, new byte[] {2}, objective(0));
      assertTrue(other.flushRemote(LONG));
      assertTrue(other.remove(KEY) > 0);
      assertThrows(
          IllegalArgumentException.class,
          () -> other.sync(remote.withReadOnly(true), SyncDirection.PUSH, List.of(), false));
    }
    assertEquals(before, objects());
  }

  @Test
  void whatWouldExpireOrNotFitIsNotFetched() {
    try (WarmStartStore one = machine("one")) {
      one.saveOverwrite(KEY, "large", new byte[100_000], objective(1));
      one.saveOverwrite(KEY, "small", new byte[] {1}, objective(2));
      assertTrue(one.flushRemote(LONG));
    }
    try (WarmStartStore small =
        WarmStartStore.open(
            work.resolve("small"),
            StoreOptions.defaults().withRemote(remote).withSizeBudgetBytes(50_000))) {
      assertEquals(1, valueOf(small.lookup(KEY)));
    }
    SteppedClock clock = new SteppedClock();
    clock.advance(Duration.ofDays(40));
    try (WarmStartStore late =
        WarmStartStore.open(
            work.resolve("late"),
            StoreOptions.defaults()
                .withRemote(remote)
                .withClock(clock)
                .withTtl(Duration.ofDays(30)))) {
      assertFalse(late.lookup(KEY).isPresent());
      assertEquals(0, late.remote().orElseThrow().fetched());
    }
  }

  @Test
  void aDryRunTellsAndChangesNothing() throws Exception {
    try (WarmStartStore one = WarmStartStore.open(work.resolve("one"));
        WarmStartStore other = WarmStartStore.open(work.resolve("other"))) {
      one.saveOverwrite(KEY, "run", new byte[] {1}, objective(1));
      SyncReport push = one.sync(remote, SyncDirection.BOTH, List.of(), true);
      assertEquals(1, push.count(true));
      assertEquals(List.of(), objects());
      one.sync(remote, SyncDirection.PUSH, List.of(), false);
      SyncReport pull = other.sync(remote, SyncDirection.BOTH, List.of(KEY), true);
      assertEquals(1, pull.count(false));
      assertEquals(0, other.contents(KEY).entries().size());
    }
  }

  @Test
  void journalledSavesGoThereToo() {
    try (WarmStartStore one = machine("one");
        WarmStartStore other = machine("other")) {
      for (byte version = 1; version < 50; version++) {
        one.saveOverwrite(KEY, "run", new byte[] {version}, objective(1));
      }
      assertTrue(one.flushRemote(LONG));
      assertEquals(49, valueOf(other.lookup(KEY)));
    }
  }

  @Test
  void aPullTakesAllHoweverMany() {
    int runs = 300;
    try (WarmStartStore one = WarmStartStore.open(work.resolve("one"));
        WarmStartStore other = WarmStartStore.open(work.resolve("other"))) {
      for (int run = 0; run < runs; run++) {
        one.saveOverwrite(KEY, "run" + run, new byte[] {1}, objective(run));
      }
      assertEquals(runs, one.sync(remote, SyncDirection.PUSH, List.of(), false).count(true));
      assertEquals(runs, other.sync(remote, SyncDirection.PULL, List.of(), false).count(false));
    }
    try (WarmStartStore third = machine("third")) {
      assertTrue(third.lookup(KEY, "run0").isPresent());
    }
  }

  @Test
  void whatIsFinishedElsewhereIsClaimedByNobody() {
    try (WarmStartStore one = machine("one");
        WarmStartStore other = machine("other")) {
      other.save(KEY, new byte[] {1}, objective(1));
      one.session(KEY).complete(new byte[] {2}, 2, 10);
      try (Claim claim = other.claim(KEY)) {
        assertEquals(ClaimState.FINISHED, claim.state());
      }
    }
  }
}
