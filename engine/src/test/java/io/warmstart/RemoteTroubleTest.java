package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.engine.Engine;
import io.warmstart.engine.EngineRegistry;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.RemoteState;
import io.warmstart.model.StoreException;
import io.warmstart.model.StoreListener;
import io.warmstart.model.StoreTrouble;
import io.warmstart.model.SyncDirection;
import io.warmstart.model.SyncReport;
import io.warmstart.policy.NamedLimits;
import io.warmstart.policy.StoreLimits;
import io.warmstart.remote.Remote;
import io.warmstart.remote.store.ObjectStores;
import io.warmstart.testing.Await;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A remote that is not there, or not as it should be; and a root that is not. */
@Timeout(120)
@Tag("once")
class RemoteTroubleTest extends RemoteFixture {
  @Test
  void aRemoteThatIsNotThereFailsNothingAndGetsAllWhenItIs() throws Exception {
    place.takeAway();
    try (WarmStartStore one = machine("one")) {
      one.save(KEY, new byte[] {1}, objective(1));
      assertEquals(1, valueOf(one.lookup(KEY)));
      assertFalse(one.lookup(Payloads.key("nobody's")).isPresent());
      assertFalse(one.flushRemote(LONG));
      RemoteState state = one.remote().orElseThrow();
      assertFalse(state.reachable());
      assertTrue(state.failures() > 0);
      assertTrue(state.lastFailure().orElseThrow().contains(place.toldThen()), state.toString());
    }
    place.bringBack();
    try (WarmStartStore one = machine("one")) {
      assertTrue(one.flushRemote(LONG));
      assertEquals(1, one.remote().orElseThrow().pushed());
    }
  }

  /** Rounds in which nothing was due to be sent were let through in its place. */
  @Test
  void aRemoteThatIsBackIsSentToWhenThatIsDue() throws Exception {
    try (WarmStartStore one = machine("one")) {
      place.takeAway();
      one.save(KEY, new byte[] {1}, objective(1));
      assertFalse(one.flushRemote(LONG));
      place.bringBack();
      // The first is let through after a second; there were a hundred rounds by then.
      Thread.sleep(1500);
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
    String payload = objects().stream().filter(each -> each.matches(".*best.*bin")).findAny().get();
    put(payload, new byte[] {9});
    List<String> before = objects();

    try (WarmStartStore other = machine("other")) {
      assertEquals(2, valueOf(other.lookup(KEY)));
      assertEquals(1, other.remote().orElseThrow().refused());
      SyncReport report = other.sync(remote, SyncDirection.PULL, List.of(), false);
      assertEquals(1, report.problems().size(), report.toString());
      assertTrue(other.verify().clean());
    }
    assertEquals(before, objects());

    place.objects().delete(payload);
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
    put(KEY.toHex() + "/bad.json", new byte[] {'{'});
    put(KEY.toHex() + "/large.json", new byte[70_000]);
    put(KEY.toHex() + "/no run id~.json", new byte[] {'{', '}'});
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
      place.takeAway();
      assertThrows(StoreException.class, () -> one.remove(KEY, "run"));
      assertEquals(1, valueOf(one.lookup(KEY)));
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
            sends[0].saved(KEY.digest(), "run");
          };
      try (Remote sending =
          new Remote(
              remote,
              FaultyObjectStore.doing(ObjectStores.open(place.url()), save),
              engine.localEntries(new StoreLimits(engine.policy(), NamedLimits.NONE), 0),
              engine.notices(),
              engine.ticks())) {
        sends[0] = sending;
        sending.saved(KEY.digest(), "run");
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

  /** Each store that was closed while it asked for something told of a remote in trouble. */
  @Test
  void whatIsCutOffByClosingIsNoTrouble() throws Exception {
    List<StoreTrouble> told = new CopyOnWriteArrayList<>();
    StoreListener listener =
        new StoreListener() {
          @Override
          public void trouble(StoreTrouble trouble) {
            told.add(trouble);
          }
        };
    CountDownLatch closed = new CountDownLatch(1);
    try (WarmStartStore one =
        WarmStartStore.open(work.resolve("one"), StoreOptions.defaults().withListener(listener))) {
      Engine engine = EngineRegistry.acquire(one.root(), one.options().engineOptions());
      try {
        FaultyObjectStore ends =
            FaultyObjectStore.refusingAfter(ObjectStores.open(place.url()), closed);
        try (Remote asking =
            new Remote(
                remote.withFlushWait(Duration.ofMillis(10)),
                ends,
                engine.localEntries(new StoreLimits(engine.policy(), NamedLimits.NONE), 0),
                engine.notices(),
                engine.ticks())) {
          asking.begin();
          Await.until("something is asked", ends::reached);
        }
        closed.countDown();
        Await.until("its thread has ended", RemoteTroubleTest::noTransfers);
      } finally {
        EngineRegistry.release(engine);
      }
    }
    assertEquals(List.of(), told);
  }

  private static boolean noTransfers() {
    return Thread.getAllStackTraces().keySet().stream()
        .noneMatch(each -> each.getName().equals("warmstart-remote-transfer"));
  }

  /** A key without rights was tried five times before anybody was told. */
  @Test
  void whatIsRefusedIsToldAtOnceAndOnce() throws Exception {
    List<StoreTrouble> told = new CopyOnWriteArrayList<>();
    try (WarmStartStore one = WarmStartStore.open(work.resolve("one"))) {
      Engine engine = EngineRegistry.acquire(one.root(), one.options().engineOptions());
      StoreListener listener =
          new StoreListener() {
            @Override
            public void trouble(StoreTrouble trouble) {
              told.add(trouble);
            }
          };
      engine.notices().add(listener);
      try (Remote asking =
          new Remote(
              remote.withFlushWait(Duration.ofMillis(10)),
              FaultyObjectStore.refusingAfter(
                  ObjectStores.open(place.url()), new CountDownLatch(0)),
              engine.localEntries(new StoreLimits(engine.policy(), NamedLimits.NONE), 0),
              engine.notices(),
              engine.ticks())) {
        assertFalse(asking.askNow(KEY.digest(), null));
        assertFalse(asking.state().reachable());
        assertFalse(asking.askNow(KEY.digest(), null));
        assertEquals(1, asking.state().failures());
        // The listener's own thread calls it, and nothing is told after it was taken away.
        Await.answer(1, told::size);
      } finally {
        engine.notices().remove(listener);
        EngineRegistry.release(engine);
      }
    }
    assertEquals(1, told.size());
    assertTrue(told.get(0).toString().contains("refused"), told::toString);
  }
}
