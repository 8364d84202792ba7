package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.engine.Engine;
import io.warmstart.engine.EngineRegistry;
import io.warmstart.model.ClaimState;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EntryKind;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.model.ReadOnlyStoreException;
import io.warmstart.model.RemoteOptions;
import io.warmstart.model.RemoteState;
import io.warmstart.model.StoreException;
import io.warmstart.model.SyncDirection;
import io.warmstart.model.SyncReport;
import io.warmstart.policy.NamedLimits;
import io.warmstart.policy.StoreLimits;
import io.warmstart.remote.FileObjectStore;
import io.warmstart.remote.Remote;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two machines that share no root, but a remote: two roots here. */
@Timeout(120)
class RemoteTest {
  private static final Fingerprint KEY = Payloads.key("fit");
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path work;
  private Path directory;
  private RemoteOptions remote;

  @BeforeEach
  void makeRemote() throws Exception {
    directory = Files.createDirectory(work.resolve("remote"));
    // Nothing happens in the background but what the tests ask for.
    remote =
        RemoteOptions.of(directory.toUri())
            .withPushInterval(Duration.ofHours(1))
            .withCheckInterval(Duration.ofMillis(10))
            .withDeadline(LONG)
            .withFlushWait(LONG);
  }

  private WarmStartStore machine(String name) {
    return machine(name, remote);
  }

  private WarmStartStore machine(String name, RemoteOptions with) {
    return WarmStartStore.open(work.resolve(name), StoreOptions.defaults().withRemote(with));
  }

  private static EntryAttributes objective(double value) {
    return EntryAttributes.checkpoint().withObjective(value);
  }

  private List<Path> objects() throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private static byte valueOf(Optional<Entry> found) {
    try (Entry entry = found.orElseThrow()) {
      return entry.payload().getByte(0);
    }
  }

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
        WarmStartStore other = machine("other")) {
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

  @Test
  void aRemoteThatIsNotThereFailsNothingAndGetsAllWhenItIs() throws Exception {
    Files.delete(directory);
    try (WarmStartStore one = machine("one")) {
      one.save(KEY, new byte[] {1}, objective(1));
      assertEquals(1, valueOf(one.lookup(KEY)));
      assertFalse(one.lookup(Payloads.key("nobody's")).isPresent());
      assertFalse(one.flushRemote(LONG));
      RemoteState state = one.remote().orElseThrow();
      assertFalse(state.reachable());
      assertTrue(state.failures() > 0);
      assertTrue(state.lastFailure().orElseThrow().contains("not there"), state.toString());
    }
    assertFalse(Files.exists(directory), "a missing mount was made");

    Files.createDirectory(directory);
    try (WarmStartStore one = machine("one")) {
      assertTrue(one.flushRemote(LONG));
      assertEquals(1, one.remote().orElseThrow().pushed());
    }
  }

  @Test
  void whatDoesNotFitItsManifestIsPassedOverAndLeftWhereItIs() throws Exception {
    try (WarmStartStore one = machine("one")) {
      one.saveOverwrite(KEY, "best", new byte[] {1}, objective(1));
      one.saveOverwrite(KEY, "second", new byte[] {2}, objective(2));
      assertTrue(one.flushRemote(LONG));
    }
    Path payload =
        objects().stream().filter(each -> each.toString().matches(".*best.*bin")).findAny().get();
    Files.write(payload, new byte[] {9});
    List<Path> before = objects();

    try (WarmStartStore other = machine("other")) {
      assertEquals(2, valueOf(other.lookup(KEY)));
      assertEquals(1, other.remote().orElseThrow().refused());
      SyncReport report = other.sync(remote, SyncDirection.PULL, List.of(), false);
      assertEquals(1, report.problems().size(), report.toString());
      assertTrue(other.verify().clean());
    }
    assertEquals(before, objects());

    Files.delete(payload);
    try (WarmStartStore third = machine("third")) {
      assertEquals(2, valueOf(third.lookup(KEY)));
      assertEquals(0, third.remote().orElseThrow().refused());
      // It is not asked for again and again.
      assertFalse(third.refresh(KEY));
      assertEquals(0, third.remote().orElseThrow().failures());
    }
  }

  @Test
  void aManifestThatIsNoneIsPassedOver() throws Exception {
    try (WarmStartStore one = machine("one")) {
      one.saveOverwrite(KEY, "run", new byte[] {1}, objective(1));
      assertTrue(one.flushRemote(LONG));
    }
    Path key = directory.resolve(KEY.toHex());
    Files.writeString(key.resolve("bad.json"), "{");
    Files.write(key.resolve("large.json"), new byte[70_000]);
    Files.writeString(key.resolve("no run id~.json"), "{}");
    try (WarmStartStore other = machine("other")) {
      assertEquals(1, valueOf(other.lookup(KEY)));
      assertEquals(2, other.remote().orElseThrow().refused());
    }
  }

  /** Somebody has copied a root there, by a program that knows nothing of stamps. */
  @Test
  void aCopyOfARootIsRead() throws Exception {
    try (WarmStartStore one = WarmStartStore.open(work.resolve("one"))) {
      one.saveOverwrite(KEY, "run.000000003b9aca02", new byte[] {1}, objective(1));
      one.saveOverwrite(KEY, "other", new byte[] {2}, objective(2));
    }
    Path key = Files.createDirectory(directory.resolve(KEY.toHex()));
    try (Stream<Path> files = Files.list(work.resolve("one").resolve(KEY.toHex()))) {
      for (Path each : files.toList()) {
        Files.copy(each, key.resolve(each.getFileName()));
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
    for (Path each : objects()) {
      Files.copy(
          each,
          copy.resolve(KEY.toHex()).resolve(each.getFileName()),
          StandardCopyOption.COPY_ATTRIBUTES);
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
  void whatIsPinnedIsRemovedNowhere() throws Exception {
    try (WarmStartStore one = machine("one")) {
      one.saveOverwrite(KEY, "run", new byte[] {1}, objective(1));
      assertTrue(one.flushRemote(LONG));
      one.pin(KEY, "run");
      assertThrows(StoreException.class, () -> one.remove(KEY, "run"));
      assertThrows(StoreException.class, () -> one.remove(KEY));
      assertEquals(2, objects().size());
    }
  }

  @Test
  void nothingIsRemovedHereWhereItCannotBeRemovedThere() throws Exception {
    try (WarmStartStore one = machine("one")) {
      one.saveOverwrite(KEY, "run", new byte[] {1}, objective(1));
      assertTrue(one.flushRemote(LONG));
      Files.move(directory, work.resolve("away"));
      assertThrows(StoreException.class, () -> one.remove(KEY, "run"));
      assertEquals(1, valueOf(one.lookup(KEY)));
    }
  }

  @Test
  void aReadOnlyRemoteGivesAndTakesNothing() throws Exception {
    try (WarmStartStore one = machine("one")) {
      one.saveOverwrite(KEY, "run", new byte[] {1}, objective(1));
      assertTrue(one.flushRemote(LONG));
    }
    List<Path> before = objects();
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
  void aRemoteThatWasMadeAnewGetsAll() throws Exception {
    try (WarmStartStore one = machine("one")) {
      one.saveOverwrite(KEY, "run", new byte[] {1}, objective(1));
      assertTrue(one.flushRemote(LONG));
    }
    Files.move(directory, work.resolve("away"));
    Files.createDirectory(directory);
    try (WarmStartStore one = machine("one")) {
      assertTrue(one.flushRemote(LONG));
      assertEquals(2, objects().size());
      // And under an open store.
      Files.move(directory, work.resolve("away again"));
      Files.createDirectory(directory);
      assertTrue(one.flushRemote(LONG));
      assertEquals(2, objects().size());
    }
  }

  @Test
  void storesOfOneRootFetchAtOnce() throws Exception {
    try (WarmStartStore one = machine("one")) {
      for (int key = 0; key < 40; key++) {
        one.save(Payloads.key("k" + key), new byte[50_000], objective(1));
      }
      assertTrue(one.flushRemote(LONG));
    }
    try (WarmStartStore first = machine("other");
        WarmStartStore second = machine("other")) {
      for (int key = 0; key < 40; key += 2) {
        Fingerprint even = Payloads.key("k" + key);
        Fingerprint odd = Payloads.key("k" + (key + 1));
        FutureTask<Boolean> beside = new FutureTask<>(() -> second.refresh(odd));
        new Thread(beside).start();
        assertTrue(first.refresh(even), first.remote()::toString);
        assertTrue(beside.get(), second.remote()::toString);
      }
      assertEquals(0, first.remote().orElseThrow().failures());
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

  /** One bit of one payload made every process wait, for ever, and said nothing. */
  @Test
  void whatIsBrokenHereIsToldAndKeepsNothingElseFromGoing() throws Exception {
    try (WarmStartStore one = WarmStartStore.open(work.resolve("one"))) {
      one.saveOverwrite(KEY, "a", new byte[] {1}, objective(1));
      one.saveOverwrite(KEY, "b", new byte[] {2}, objective(2));
      one.saveOverwrite(Payloads.key("another"), "c", new byte[] {3}, objective(3));
    }
    Files.write(KeyFiles.of(work.resolve("one"), KEY).payload("a"), new byte[] {9});
    try (WarmStartStore one = machine("one")) {
      assertFalse(one.flushRemote(LONG));
      RemoteState state = one.remote().orElseThrow();
      assertTrue(state.reachable());
      assertTrue(
          state.lastFailure().orElseThrow().contains("does not fit its manifest"),
          state.toString());
      assertEquals(4, objects().size(), "the others are there");
    }
  }

  @Test
  void addressesThatMeanNoDirectoryAreRefused() {
    for (String url :
        List.of("s3://bucket/x", "file://host/x", "file:///x?readonly", "file:///x#y", "file:x")) {
      assertThrows(IllegalArgumentException.class, () -> RemoteOptions.of(URI.create(url)), url);
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

  /** What was saved between the making of pairs and the look at them was taken for sent. */
  @Test
  void whatIsSavedWhileOtherThingsAreSentIsSentAfterwards() throws Exception {
    try (WarmStartStore one = WarmStartStore.open(work.resolve("one"))) {
      one.saveOverwrite(KEY, "run", new byte[] {1}, objective(1));
      Engine engine = EngineRegistry.acquire(one.root(), one.options().engineOptions());
      Remote[] sends = new Remote[1];
      Runnable save =
          () -> {
            one.saveOverwrite(KEY, "run", new byte[] {2}, objective(1));
            sends[0].saved(KEY.digest());
          };
      try (Remote sending =
          new Remote(
              remote,
              FaultyObjectStore.doing(new FileObjectStore(directory), save),
              engine.localEntries(new StoreLimits(engine.policy(), NamedLimits.NONE), 0),
              engine.notices())) {
        sends[0] = sending;
        sending.saved(KEY.digest());
        assertTrue(sending.flush(LONG.toNanos()));
        assertTrue(sending.flush(LONG.toNanos()));
        try (WarmStartStore other = machine("other")) {
          assertEquals(2, valueOf(other.lookup(KEY)));
        }
      } finally {
        EngineRegistry.release(engine);
      }
    }
  }

  @Test
  void aRemoteAndItsRootMustLieApart() throws Exception {
    Path root = Files.createDirectory(work.resolve("root"));
    for (Path wrong : List.of(root, root.resolve("in"), work)) {
      assertThrows(
          StoreException.class,
          () -> machine("root", RemoteOptions.of(wrong.toUri())),
          wrong.toString());
    }
    assertThrows(
        ReadOnlyStoreException.class,
        () ->
            WarmStartStore.open(
                root, StoreOptions.defaults().withReadOnly(true).withRemote(remote)));
    // None of them has left the root open.
    try (WarmStartStore store = machine("root")) {
      assertEquals(0, store.keys().size());
    }
  }
}
