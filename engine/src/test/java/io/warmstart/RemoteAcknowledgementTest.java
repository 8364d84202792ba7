package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.FaultyObjectStore.Fault;
import io.warmstart.model.Acknowledgement;
import io.warmstart.model.Backlog;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Payload;
import io.warmstart.model.RemoteOptions;
import io.warmstart.remote.store.ObjectStore;
import io.warmstart.remote.store.ObjectStores;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Saves that return when the remote has them. */
@Timeout(120)
class RemoteAcknowledgementTest extends RemoteFixture {
  private static final Fingerprint OTHER_KEY = Payloads.key("another");

  private static EntryAttributes inRemote(double objective) {
    return objective(objective).withAcknowledgement(Acknowledgement.REMOTE);
  }

  @Test
  void whatIsAcknowledgedAnotherMachineFindsHoweverItWasSaved() throws Exception {
    try (WarmStartStore one = machine("one");
        WarmStartStore other = machine("other")) {
      // The round that each store begins with would send what is being sent, and count it too.
      assertTrue(one.flushRemote(LONG));
      String run = one.save(KEY, new byte[] {1}, inRemote(9));
      assertEquals(Acknowledgement.REMOTE, one.acknowledgement(KEY, run));
      assertTrue(other.refresh(KEY));
      assertEquals(1, valueOf(other.lookup(KEY, run)));

      one.saveOverwrite(KEY, "run", new byte[] {2}, inRemote(8));
      assertEquals(Acknowledgement.REMOTE, one.acknowledgement(KEY, "run"));
      assertEquals(2, valueOf(other.lookup(KEY, "run")));

      String later =
          one.saveAsync(KEY, Payload.of(new byte[] {3}), inRemote(7)).toCompletableFuture().get();
      assertEquals(Acknowledgement.REMOTE, one.acknowledgement(KEY, later));
      assertEquals(3, valueOf(other.lookup(KEY, later)));

      one.saveOverwriteAsync(
              KEY, "async", Payload.of(new byte[] {4}), inRemote(6), Backlog.KEEP_LATEST)
          .toCompletableFuture()
          .get();
      assertEquals(Acknowledgement.REMOTE, one.acknowledgement(KEY, "async"));
      assertEquals(4, valueOf(other.lookup(KEY, "async")));

      try (Reservation reserved = one.reserveOverwrite(KEY, "reserved", 1, inRemote(5))) {
        reserved.buffer().putByte(0, (byte) 5);
        reserved.commit();
      }
      assertEquals(Acknowledgement.REMOTE, one.acknowledgement(KEY, "reserved"));
      assertEquals(5, valueOf(other.lookup(KEY, "reserved")));
      assertEquals(5, one.remote().orElseThrow().pushed());
    }
  }

  @Test
  void whatSavesBesideItHaveIsNotWaitedFor() throws Exception {
    try (WarmStartStore one = machine("one")) {
      // The round that each store begins with is over: the next is an hour away.
      assertTrue(one.flushRemote(LONG));
      one.saveOverwrite(OTHER_KEY, "run", new byte[] {1}, objective(1));
      one.saveOverwrite(KEY, "beside", new byte[] {1}, objective(1));
      one.saveOverwrite(KEY, "run", new byte[] {2}, inRemote(2));

      assertEquals(2, objects().size(), objects().toString());
      assertEquals(Acknowledgement.LOCAL, one.acknowledgement(KEY, "beside"));
      assertEquals(Acknowledgement.LOCAL, one.acknowledgement(KEY, "nobody's"));
    }
  }

  @Test
  void whatIsNotThereInTimeIsSavedHereAndKnownToBeThereWhenItIs() throws Exception {
    RemoteOptions soon = remote.withPushInterval(Duration.ofMillis(10));
    try (WarmStartStore one = machine("one", soon)) {
      assertTrue(one.flushRemote(LONG));
      place.takeAway();
      one.saveOverwrite(KEY, "run", new byte[] {1}, inRemote(1));
      String async =
          one.saveAsync(KEY, Payload.of(new byte[] {2}), inRemote(2)).toCompletableFuture().get();

      assertEquals(1, valueOf(one.lookup(KEY)));
      assertEquals(Acknowledgement.LOCAL, one.acknowledgement(KEY, "run"));
      assertEquals(Acknowledgement.LOCAL, one.acknowledgement(KEY, async));
      assertFalse(one.remote().orElseThrow().reachable());

      place.bringBack();
      Await.answer(Acknowledgement.REMOTE, () -> one.acknowledgement(KEY, "run"));
      Await.answer(Acknowledgement.REMOTE, () -> one.acknowledgement(KEY, async));
      try (WarmStartStore other = machine("other")) {
        assertEquals(1, valueOf(other.lookup(KEY)));
      }
    }
  }

  @Test
  void ofTheSaveBeforeNothingIsSaid() throws Exception {
    try (WarmStartStore one = machine("one")) {
      one.saveOverwrite(KEY, "run", new byte[] {1}, inRemote(2));
      one.saveOverwrite(KEY, "run", new byte[] {2}, objective(1));
      assertEquals(Acknowledgement.LOCAL, one.acknowledgement(KEY, "run"));

      one.saveOverwrite(KEY, "run", new byte[] {3}, inRemote(1));
      assertEquals(Acknowledgement.REMOTE, one.acknowledgement(KEY, "run"));
      assertTrue(one.remove(KEY, "run"));
      assertEquals(Acknowledgement.LOCAL, one.acknowledgement(KEY, "run"));
      assertEquals(0, objects().size(), objects().toString());
    }
  }

  @Test
  void withoutARemoteToWriteToItIsRefusedAndNothingIsSaved() {
    try (WarmStartStore none = WarmStartStore.open(work.resolve("none"));
        WarmStartStore reader = machine("reader", remote.withReadOnly(true))) {
      for (WarmStartStore each : new WarmStartStore[] {none, reader}) {
        Payload payload = Payload.of(new byte[] {1});
        assertThrows(IllegalArgumentException.class, () -> each.save(KEY, payload, inRemote(1)));
        assertThrows(
            IllegalArgumentException.class, () -> each.saveAsync(KEY, payload, inRemote(1)));
        assertThrows(IllegalArgumentException.class, () -> each.reserve(KEY, 1, inRemote(1)));
        assertFalse(each.lookup(KEY).isPresent());
        assertEquals(Acknowledgement.LOCAL, each.acknowledgement(KEY, "run"));
      }
    }
  }

  @Test
  void aFitThatIsCompleteSaysWhetherOthersKnow() throws Exception {
    try (WarmStartStore one = machine("one");
        WarmStartStore other = machine("other")) {
      Session session = one.session(KEY);
      assertTrue(session.checkpoint(new byte[] {1}, 1, 1));
      session.complete(new byte[] {2}, 2, 2);

      assertEquals(Acknowledgement.REMOTE, one.acknowledgement(KEY, session.lastRunId()));
      assertEquals(2, valueOf(other.session(KEY).completed()));
      assertEquals(1, valueOf(other.session(KEY).resume()), "the best state is there too");

      place.takeAway();
      Session second = one.session(OTHER_KEY);
      second.complete(new byte[] {3}, 3, 3);
      assertEquals(Acknowledgement.LOCAL, one.acknowledgement(OTHER_KEY, second.lastRunId()));
      place.bringBack();
    }
  }

  private void saveInFiles(String run, int value) {
    try (WarmStartStore one =
        WarmStartStore.open(
            work.resolve("one"), StoreOptions.defaults().withDurability(Durability.IN_FILES))) {
      one.saveOverwrite(KEY, run, new byte[] {(byte) value}, objective(value));
    }
  }

  @Test
  void aRequestThatIsLostOrLosesItsAnswerIsMadeAgain() throws Exception {
    for (Fault fault : new Fault[] {Fault.BEFORE, Fault.AFTER}) {
      boolean reached = true;
      for (int at = 0; reached; at++) {
        String run = fault + "-" + at;
        saveInFiles(run, 1);
        FaultyObjectStore faulty = new FaultyObjectStore(ObjectStores.open(place.url()), fault, at);
        with(
            faulty,
            remote,
            (one, sends) -> {
              assertTrue(sends.acknowledge(KEY.digest(), run), run);
              assertTrue(sends.hasAcknowledged(KEY.digest(), run));
            });
        reached = faulty.reached();
        assertTrue(reached || at > 2, run);
        try (WarmStartStore other = machine("other " + run)) {
          assertEquals(1, valueOf(other.lookup(KEY, run)), run);
        }
      }
    }
  }

  /** Who made the names may have died before they were durable, or was told that they are not. */
  @Test
  void whatIsListedIsNotAcknowledgedBeforeItIsDurable() throws Exception {
    saveInFiles("run", 1);
    with(
        ObjectStores.open(place.url()),
        remote,
        (one, sends) -> assertTrue(sends.acknowledge(KEY.digest(), "run")));
    ObjectStore volatileStill =
        HookedObjectStore.of(
            ObjectStores.open(place.url()),
            (call, name) -> {
              if (call.equals("makeDurable")) {
                throw new IOException("Input/output error");
              }
            });
    with(
        volatileStill,
        remote,
        (one, sends) -> {
          assertFalse(sends.acknowledge(KEY.digest(), "run"));
          sends.saved(KEY.digest(), "run");
          assertFalse(sends.flush(LONG.toNanos()));
        });
  }

  @Test
  void nobodyWaitsLongerThanTheFlushWaitNorTwice() throws Exception {
    saveInFiles("run", 1);
    CountDownLatch answers = new CountDownLatch(1);
    with(
        FaultyObjectStore.hanging(ObjectStores.open(place.url()), answers),
        remote.withFlushWait(Duration.ofMillis(50)),
        (one, sends) -> {
          long begin = System.nanoTime();
          assertFalse(sends.acknowledge(KEY.digest(), "run"));
          assertFalse(sends.hasAcknowledged(KEY.digest(), "run"));
          assertFalse(sends.state().reachable());
          assertEquals(1, sends.state().failures());
          // Not even asked.
          assertFalse(sends.acknowledge(KEY.digest(), "run"));
          assertFalse(sends.acknowledgeLater(KEY.digest(), "run").get());
          if (System.nanoTime() - begin < TimeUnit.MILLISECONDS.toNanos(500)) {
            // After half a second one more may be let through.
            assertEquals(1, sends.state().failures());
          }
        });
    answers.countDown();
  }

  @Test
  void aLargePayloadThatIsUnderWayIsNoSignThatTheRemoteIsDown() throws Exception {
    saveInFiles("run", 1);
    CountDownLatch sent = new CountDownLatch(1);
    ObjectStore slow =
        HookedObjectStore.of(
            ObjectStores.open(place.url()),
            (call, name) -> {
              if (call.equals("putIfAbsent")) {
                sent.await();
              }
            });
    with(
        slow,
        // Within that it has to answer all that comes before the payload.
        remote.withFlushWait(Duration.ofSeconds(3)),
        (one, sends) -> {
          assertFalse(sends.acknowledge(KEY.digest(), "run"));
          assertTrue(sends.state().reachable());
          sent.countDown();
          Await.until("it is there", () -> sends.hasAcknowledged(KEY.digest(), "run"));
        });
  }

  /** A lookup missed what the background had fetched between its look and its question. */
  @Test
  void whatAnotherFetchHasBroughtMeanwhileIsLookedForAgain() throws Exception {
    saveInFiles("run", 1);
    with(
        ObjectStores.open(place.url()),
        remote,
        (one, sends) -> {
          assertTrue(sends.acknowledge(KEY.digest(), "run"));
          assertTrue(sends.askNow(KEY.digest(), "run"));
          assertTrue(sends.ask(KEY.digest()));
          assertFalse(sends.askNow(KEY.digest(), null), "nothing came");
        });
  }

  @Test
  void whatIsReplacedMeanwhileIsThereByItsLaterVersionAndWhatIsGoneIsNot() throws Exception {
    saveInFiles("run", 1);
    AtomicInteger lists = new AtomicInteger();
    ObjectStore busy =
        HookedObjectStore.of(
            ObjectStores.open(place.url()),
            (call, name) -> {
              if (call.equals("list") && lists.getAndIncrement() == 0) {
                saveInFiles("run", 2);
              }
            });
    with(
        busy,
        remote,
        (one, sends) -> {
          assertTrue(sends.acknowledge(KEY.digest(), "run"));
          try (WarmStartStore other = machine("other")) {
            assertEquals(2, valueOf(other.lookup(KEY, "run")));
          }
          one.remove(KEY, "run");
          assertFalse(sends.acknowledge(KEY.digest(), "run"));
        });
  }

  /** It would wait for longer than the test may take. */
  @Test
  void whoWaitsIsToldWhenItsStoreCloses() throws Exception {
    saveInFiles("run", 1);
    CountDownLatch answers = new CountDownLatch(1);
    with(
        FaultyObjectStore.hanging(ObjectStores.open(place.url()), answers),
        remote.withReadOnly(true).withFlushWait(Duration.ofMinutes(10)),
        (one, sends) -> {
          CompletableFuture<Boolean> waiting = sends.acknowledgeLater(KEY.digest(), "run");
          sends.close();
          assertFalse(waiting.get());
          assertFalse(sends.acknowledge(KEY.digest(), "run"));
        });
    answers.countDown();
  }
}
