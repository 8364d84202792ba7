package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.engine.Engine;
import io.warmstart.engine.EngineRegistry;
import io.warmstart.model.Fingerprint;
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
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A remote that is not there, or not as it should be; and a root that is not. */
@Timeout(120)
class RemoteTroubleTest extends RemoteFixture {
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
