package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.ClaimOptions;
import io.warmstart.model.ClaimState;
import io.warmstart.model.ClaimUnavailableException;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.testing.Await;
import io.warmstart.testing.Rounds;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Claims of two machines that share no root, but a remote. */
@Timeout(120)
class RemoteClaimTest extends RemoteFixture {
  private static final int RACERS = 8;
  private static final int RACES = Rounds.times(5);
  private static final ClaimOptions SHORT =
      ClaimOptions.defaults().withLease(Duration.ofSeconds(4));

  private static FutureTask<ClaimState> waitingFor(Claim claim) {
    FutureTask<ClaimState> waiting = new FutureTask<>(() -> claim.await(LONG));
    Thread thread = new Thread(waiting, "waits for a claim");
    thread.setDaemon(true);
    thread.start();
    return waiting;
  }

  @Test
  @SuppressWarnings("try")
  void oneOfTwoMachinesHasItAndTheOtherOnceItIsGivenBack() throws Exception {
    try (WarmStartStore one = machine("one");
        WarmStartStore two = machine("two");
        Claim first = one.claim(KEY, SHORT);
        Claim second = two.claim(KEY, SHORT);
        Claim ofOtherKey = two.claim(Payloads.key("another"))) {
      assertEquals(ClaimState.MINE, first.state());
      assertFalse(first.onThisMachineOnly());
      assertEquals(ClaimState.OTHERS, second.state());
      assertEquals(ClaimState.MINE, ofOtherKey.state());
      String process = "process " + ProcessHandle.current().pid() + " of ";
      assertTrue(second.holderElsewhere().orElseThrow().startsWith(process));
      assertEquals(Optional.empty(), first.holderElsewhere());
      assertTrue(second.holder().isEmpty(), "nobody of its machine");

      FutureTask<ClaimState> waiting = waitingFor(second);
      first.close();

      assertEquals(ClaimState.MINE, waiting.get());
      try (Claim again = one.claim(KEY, SHORT)) {
        assertEquals(ClaimState.OTHERS, again.state());
      }
    }
    try (WarmStartStore one = machine("one");
        Claim claim = one.claim(KEY, SHORT)) {
      assertEquals(ClaimState.MINE, claim.state(), "the end of a store gives back");
    }
  }

  @Test
  @SuppressWarnings("try")
  void whatOneMachineHasFinishedTheOthersHaveAndDoNotCompute() throws Exception {
    try (WarmStartStore one = machine("one");
        WarmStartStore two = machine("two");
        Claim first = one.claim(KEY, SHORT);
        Claim second = two.claim(KEY, SHORT)) {
      FutureTask<ClaimState> waiting = waitingFor(second);
      one.save(KEY, new byte[] {7}, EntryAttributes.finalResult().withObjective(1));
      assertTrue(one.flushRemote(LONG));

      assertEquals(ClaimState.FINISHED, waiting.get(), "while it is held still");
      assertEquals(7, valueOf(two.lookup(KEY)));
      first.close();
      try (WarmStartStore three = machine("three");
          Claim late = three.claim(KEY, SHORT)) {
        assertEquals(ClaimState.FINISHED, late.state(), "though it was never here");
      }
    }
  }

  @Test
  void whatIsFinishedHereAsksNobody() throws Exception {
    try (WarmStartStore one = machine("one")) {
      one.save(KEY, new byte[] {7}, EntryAttributes.finalResult().withObjective(1));
      assertTrue(one.flushRemote(LONG));
      List<String> before = objects();
      place.takeAway();
      try (Claim claim = one.claim(KEY)) {
        assertEquals(ClaimState.FINISHED, claim.state());
      }
      place.bringBack();
      assertEquals(before, objects());
    }
  }

  @Test
  void withoutAnAnswerNothingIsGrantedUnlessItMayBeAlone() throws Exception {
    try (WarmStartStore one = machine("one");
        WarmStartStore two = machine("two")) {
      place.takeAway();
      ClaimUnavailableException refused =
          assertThrows(ClaimUnavailableException.class, () -> one.claim(KEY));
      assertTrue(refused.toString().contains(place.url().getPath()), refused::toString);
      try (Claim free = one.claim(KEY, ClaimOptions.defaults().withAcrossMachines(false))) {
        assertEquals(ClaimState.MINE, free.state(), "the refused one has left nothing here");
        assertTrue(free.onThisMachineOnly());
      }
      try (Claim alone = one.claim(KEY, ClaimOptions.defaults().withAloneIfUnanswered(true))) {
        assertEquals(ClaimState.MINE, alone.state());
        assertTrue(alone.onThisMachineOnly());
        assertFalse(alone.lost());
      }
      place.bringBack();
      Await.until("it is asked again", () -> isMine(one));
      assertTrue(isMine(two));
    }
  }

  private static boolean isMine(WarmStartStore store) {
    try (Claim claim = store.claim(KEY)) {
      return claim.state() == ClaimState.MINE && !claim.onThisMachineOnly();
    } catch (ClaimUnavailableException e) {
      return false;
    }
  }

  @Test
  void aClaimThatCannotBeRenewedIsLostAndThenTakenBack() throws Exception {
    ClaimOptions brief = ClaimOptions.defaults().withLease(Duration.ofSeconds(1));
    try (WarmStartStore one = machine("one");
        Claim claim = one.claim(KEY, brief)) {
      // One that was lost in a pause of this JVM is had again.
      Await.answer(ClaimState.MINE, claim::state);
      place.takeAway();
      Await.until("it is lost", claim::lost);
      assertEquals(ClaimState.OTHERS, claim.state());
      place.bringBack();
      Await.until("it is had again", () -> claim.state() == ClaimState.MINE && !claim.lost());
    }
  }

  /** Eight ask at one time, and hold what they have until all have an answer. */
  @Test
  void ofAllWhoRaceOneHasIt() throws Exception {
    List<WarmStartStore> machines = new ArrayList<>();
    ExecutorService racers = Executors.newFixedThreadPool(RACERS);
    try {
      for (int number = 0; number < RACERS; number++) {
        machines.add(machine("machine" + number));
      }
      for (int race = 0; race < RACES; race++) {
        Fingerprint key = Payloads.key("raced for " + race);
        CyclicBarrier together = new CyclicBarrier(RACERS);
        List<Callable<Claim>> calls = new ArrayList<>();
        for (WarmStartStore each : machines) {
          calls.add(
              () -> {
                together.await();
                return each.claim(key);
              });
        }
        int had = 0;
        List<Claim> claims = new ArrayList<>();
        for (Future<Claim> each : racers.invokeAll(calls)) {
          claims.add(each.get());
        }
        for (Claim each : claims) {
          had += each.state() == ClaimState.MINE ? 1 : 0;
        }
        claims.forEach(Claim::close);
        assertEquals(1, had, "race " + race);
      }
    } finally {
      racers.shutdownNow();
      machines.forEach(WarmStartStore::close);
    }
  }

  @Test
  void aReadOnlyRemoteKeepsNoClaims() {
    try (WarmStartStore one = machine("one", remote.withReadOnly(true));
        WarmStartStore two = machine("two", remote.withReadOnly(true));
        Claim first = one.claim(KEY);
        Claim second = two.claim(KEY)) {
      assertEquals(ClaimState.MINE, first.state());
      assertEquals(ClaimState.MINE, second.state());
      assertTrue(first.onThisMachineOnly());
    }
  }

  @Test
  void aLeaseIsInRange() {
    ClaimOptions options = ClaimOptions.defaults();
    assertEquals(ClaimOptions.DEFAULT_LEASE, options.lease());
    assertThrows(
        IllegalArgumentException.class,
        () -> options.withLease(ClaimOptions.SHORTEST_LEASE.minusNanos(1)));
    assertThrows(
        IllegalArgumentException.class,
        () -> options.withLease(ClaimOptions.LONGEST_LEASE.plusNanos(1)));
  }
}
