package io.warmstart.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.FaultyObjectStore;
import io.warmstart.FaultyObjectStore.Fault;
import io.warmstart.HookedObjectStore;
import io.warmstart.claim.OtherMachines.Hold;
import io.warmstart.format.ClaimRecord;
import io.warmstart.model.ClaimUnavailableException;
import io.warmstart.model.Digest256;
import io.warmstart.model.Payload;
import io.warmstart.remote.copy.ClaimName;
import io.warmstart.remote.store.ObjectStore;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Claims in a remote whose requests fail, come late or hang, or that holds what nobody can read.
 */
@Timeout(120)
class RemoteClaimsTroubleTest extends RemoteClaimsFixture {
  private ClaimRecord lastRecord() throws IOException {
    return Optional.ofNullable(new ClaimChain(objects, KEY).read(last())).orElseThrow();
  }

  @Test
  void whoStoodStillBetweenLookAndPutHasChangedNothing() throws IOException {
    RemoteClaims other = machine();
    List<Hold> others = new ArrayList<>();
    ObjectStore slow =
        HookedObjectStore.of(
            objects,
            (call, name) -> {
              if (call.equals("list") && others.isEmpty()) {
                // Taken, given back and taken again: the first number is gone by the put.
                others.add(taken(other));
                others.get(0).giveBack();
                others.add(taken(other));
              }
            });
    assertNull(ask(machine(slow), LEASE));
    assertEquals(2, others.size());
    assertTrue(others.get(1).isHeld());
    assertNull(ask(machine(), LEASE));
  }

  /** What was given back was taken and removed before the look: the log said that it lapses. */
  @Test
  void whatIsFollowedAndRemovedAtOnceWasMadeAllTheSame() throws IOException {
    taken(machine());
    long number = last();
    RemoteClaims other = machine();
    List<Hold> others = new ArrayList<>();
    ObjectStore slow =
        HookedObjectStore.of(
            objects,
            (call, name) -> {
              if (call.equals("putIfAbsent") && others.isEmpty()) {
                others.add(taken(other));
              }
            });
    assertEquals(
        ClaimChain.Followed.OVERTAKEN,
        new ClaimChain(slow, KEY).follow(number, lastRecord().givenBack()));
    assertEquals(1, others.size());
    assertTrue(others.get(0).isHeld());
    assertEquals(number + 2, last());
  }

  /** Without memory a failure could not be described, and its caller waited for all that he may. */
  @Test
  void whoWaitsIsToldAlsoOfAFailureThatCannotBeDescribed() {
    Thread caller = Thread.currentThread();
    OutOfMemoryError untellable =
        new OutOfMemoryError() {
          private static final long serialVersionUID = 1L;

          @Override
          public String getMessage() {
            if (Thread.currentThread() != caller) {
              throw new OutOfMemoryError("again");
            }
            return "told";
          }
        };
    ObjectStore broken =
        HookedObjectStore.of(
            objects,
            (call, name) -> {
              throw untellable;
            });
    IOException told = assertThrows(IOException.class, () -> ask(machine(broken), LEASE));
    assertTrue(told.toString().contains("the remote cannot be asked"), told.toString());
  }

  @Test
  void aRequestThatFailsGrantsNothingAndBlocksNothing() throws IOException {
    for (Fault fault : List.of(Fault.BEFORE, Fault.AFTER, Fault.CUT, Fault.SHORT)) {
      boolean reached = true;
      for (int at = 0; reached; at++) {
        FaultyObjectStore faulty = new FaultyObjectStore(objects, fault, at);
        RemoteClaims one = machine(faulty);
        RemoteClaims two = machine();
        Hold held;
        try {
          held = ask(one, LEASE);
        } catch (IOException e) {
          held = null;
        }
        reached = faulty.reached();
        String when = fault + " at " + at;
        if (held != null) {
          assertNull(ask(two, LEASE), when);
        } else {
          // What it has made without knowing it finds to be its own.
          held = ask(one, LEASE);
          assertNotNull(held, when);
        }
        held.giveBack();
        Hold next = ask(two, LEASE);
        if (next == null) {
          // The end was lost.
          clock.addAndGet(LEASE);
          next = ask(two, LEASE);
        }
        assertNotNull(next, when);
        assertFalse(held.isHeld(), when);
        next.giveBack();
      }
    }
  }

  @Test
  void aRenewalWhoseAnswerWasLostIsItsOwn() throws Exception {
    long shortLease = TimeUnit.MILLISECONDS.toNanos(300);
    AtomicLong puts = new AtomicLong();
    ObjectStore losing =
        HookedObjectStore.of(
            objects,
            (call, name) -> {
              // The claim, the look at conditions, and each renewal twice: at first without answer.
              if (call.equals("putIfAbsent") && puts.incrementAndGet() % 2 == 1 && puts.get() > 2) {
                throw new IOException("reset before the answer");
              }
            });
    Hold held = taken(machine(losing), shortLease);
    Await.until("it is renewed", () -> last() > 4);
    assertTrue(held.isHeld());
    held.giveBack();
    Await.until("it is free", () -> !lastRecord().held());
  }

  @Test
  void aRemoteThatIgnoresConditionsKeepsNoClaims() {
    RemoteClaims claims = machine(FaultyObjectStore.ignoringConditions(objects));
    ClaimUnavailableException refused =
        assertThrows(ClaimUnavailableException.class, () -> ask(claims, LEASE));
    assertTrue(
        String.valueOf(refused.getMessage()).contains("ignores conditions"), refused::toString);
  }

  @Test
  void whatComesAfterItsCallerHasLeftIsGivenBack() throws Exception {
    CountDownLatch hangs = new CountDownLatch(1);
    RemoteClaims slow =
        new RemoteClaims(FaultyObjectStore.hanging(objects, hangs), 1_000_000, NONE, clock::get);
    machines.add(slow);
    assertThrows(IOException.class, () -> ask(slow, LEASE));
    hangs.countDown();
    RemoteClaims own = machine();
    Hold held = own.tryTake(KEY, "machine " + System.identityHashCode(slow), LEASE);
    assertNotNull(held);
    long last = last();
    slow.close();
    assertEquals(last, last(), "what came late has changed nothing");
    assertNull(ask(machine(), LEASE));
  }

  /** A request that comes late is of a caller whose lock is another's by then. */
  @Test
  void aLateRequestOfTheSameRootTakesNothingFromIt() throws Exception {
    CountDownLatch listed = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    AtomicBoolean first = new AtomicBoolean(true);
    ObjectStore slow =
        HookedObjectStore.of(
            objects,
            (call, name) -> {
              if (call.equals("list") && first.getAndSet(false)) {
                listed.countDown();
                goOn.await();
              }
            });
    List<RemoteClaims> asking = new ArrayList<>();
    while (listed.getCount() > 0) {
      // Again, if its thread came so late that nobody waited any more: then it asks nothing.
      RemoteClaims late = new RemoteClaims(slow, 1_000_000, NONE, clock::get);
      machines.add(late);
      asking.add(late);
      assertThrows(IOException.class, () -> late.tryTake(KEY, "root", LEASE));
      Await.until("it hangs or is over", () -> listed.getCount() == 0 || late.isIdle());
    }
    Hold held = machine().tryTake(KEY, "root", LEASE);
    assertNotNull(held);
    goOn.countDown();
    // Its threads are few: what comes after it on all of them comes after it.
    Await.until("it is over", () -> asking.stream().allMatch(RemoteClaims::isIdle));
    assertTrue(held.isHeld());
    assertNull(machine().tryTake(KEY, "another", LEASE));
  }

  @Test
  void whatFailsAfterItWasTakenIsGivenBack() throws Exception {
    RemoteClaims.Entries failing =
        new RemoteClaims.Entries() {
          @Override
          public void fetch(Digest256 key) throws IOException {
            throw new IOException("the final result may be there");
          }

          @Override
          public void send(Digest256 key) {}
        };
    RemoteClaims one = new RemoteClaims(objects, PATIENCE, failing, clock::get);
    machines.add(one);
    assertThrows(IOException.class, () -> ask(one, LEASE));
    taken(machine()).giveBack();

    AtomicInteger lists = new AtomicInteger();
    ObjectStore unlisted =
        HookedObjectStore.of(
            objects,
            (call, name) -> {
              if (call.equals("list") && lists.incrementAndGet() == 2) {
                throw new IOException("reset before the answer");
              }
            });
    assertThrows(IOException.class, () -> ask(machine(unlisted), LEASE));
    taken(machine());
  }

  @Test
  void whatNobodyCanReadIsHeldForAWhile() throws IOException {
    objects.putIfAbsent(KEY.toHex() + "/" + ClaimName.of(7), Payload.of(new byte[9_000]));
    // And what only looks like one is none.
    objects.putIfAbsent(KEY.toHex() + "/" + "claim~zz", Payload.of(new byte[1]));
    RemoteClaims claims = machine();
    assertNull(ask(claims, LEASE));
    assertEquals(Optional.empty(), claims.holder(KEY));
    clock.addAndGet(TimeUnit.MINUTES.toNanos(5));
    taken(claims);
  }
}
