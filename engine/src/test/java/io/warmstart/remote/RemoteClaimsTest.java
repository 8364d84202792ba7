package io.warmstart.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.FaultyObjectStore;
import io.warmstart.HookedObjectStore;
import io.warmstart.claim.OtherMachines.Hold;
import io.warmstart.model.Payload;
import io.warmstart.remote.copy.ClaimName;
import io.warmstart.remote.store.ObjectStore;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Claims of machines that share nothing but a remote: who has one, for how long, and who is next.
 */
@Timeout(120)
class RemoteClaimsTest extends RemoteClaimsFixture {
  @Test
  void oneOfTwoHasItAndTheOtherAfterwards() throws IOException {
    RemoteClaims one = machine();
    RemoteClaims two = machine();
    Hold first = taken(one);
    assertNull(ask(two, LEASE));
    assertTrue(
        two.holder(KEY).orElseThrow().startsWith("process " + ProcessHandle.current().pid()));
    assertEquals(Optional.empty(), one.holder(KEY));

    first.giveBack();
    assertFalse(first.isHeld());
    Hold second = taken(two);
    assertNull(ask(one, LEASE));
    // It has been given back, and does not go back again.
    first.giveBack();
    assertTrue(second.isHeld());
    assertNull(ask(one, LEASE));
    assertEquals(1, objects.list("").size(), "what was followed is removed");
  }

  @Test
  void theClaimOfTheDeadEndsALeaseAfterItWasFirstSeen() throws IOException {
    RemoteClaims dead = machine();
    Hold held = taken(dead);
    dead.close();
    RemoteClaims other = machine();
    clock.addAndGet(LEASE / 2);
    assertNull(ask(other, LEASE));
    clock.addAndGet(LEASE / 2);
    assertFalse(held.isHeld(), "by then it knows, had it only stood still");
    assertNull(ask(other, LEASE), "it was seen half a lease ago");
    assertNull(ask(machine(), LEASE), "and here not before");
    clock.addAndGet(LEASE / 2 - 1);
    assertNull(ask(other, LEASE));
    clock.addAndGet(1);
    taken(other);
  }

  @Test
  void whoHasTheLockOfTheDeadWaitsForNoLease() throws IOException {
    RemoteClaims dead = machine();
    assertNotNull(dead.tryTake(KEY, "one machine", LEASE));
    dead.close();
    assertNull(machine().tryTake(KEY, "another", LEASE));
    Hold next = machine().tryTake(KEY, "one machine", LEASE);
    assertNotNull(next);
    assertNull(machine().tryTake(KEY, "another", LEASE));
  }

  @Test
  void aClaimIsRenewedAndEachSignOfLifeBeginsItsLeaseAnew() throws IOException {
    RemoteClaims holder = machine();
    long shortLease = TimeUnit.MILLISECONDS.toNanos(300);
    Hold held = taken(holder, shortLease);
    RemoteClaims other = machine();
    assertNull(ask(other, LEASE));
    long seen = last();
    Await.until("it is renewed", () -> last() > seen + 2);
    clock.addAndGet(shortLease);
    assertNull(ask(other, LEASE), "what it has seen has been followed");
    long now = last();
    Await.until("it is renewed", () -> last() > now + 2);
    assertTrue(held.isHeld());
    assertTrue(objects.list("").size() <= 2, "what was followed is removed");
  }

  @Test
  void whatHasLapsedIsTakenBackUnlessAnotherHasIt() throws Exception {
    long shortLease = TimeUnit.MILLISECONDS.toNanos(300);
    AtomicBoolean away = new AtomicBoolean();
    RemoteClaims one = machine(FaultyObjectStore.awayWhile(objects, away::get));
    Hold held = taken(one, shortLease);
    RemoteClaims other = machine();
    away.set(true);
    clock.addAndGet(shortLease);
    assertFalse(held.isHeld());
    away.set(false);
    Await.until("it is taken back", held::isHeld);

    away.set(true);
    assertNull(ask(other, LEASE));
    // A renewal that was under way may have come meanwhile.
    Await.until("another has it", () -> isTakenAfter(other, shortLease));
    away.set(false);
    long now = last();
    held.giveBack();
    assertFalse(held.isHeld());
    assertEquals(now, last(), "it is another's, and is not given back for it");
  }

  private boolean isTakenAfter(RemoteClaims other, long leaseNanos) throws IOException {
    clock.addAndGet(leaseNanos);
    return ask(other, LEASE) != null;
  }

  /** As after a rule of a bucket has removed what is old: the numbers begin again. */
  @Test
  void anotherClaimOfTheSameNumberIsNoOldOne() throws IOException {
    RemoteClaims one = machine();
    Hold first = taken(one);
    RemoteClaims remembers = machine();
    assertNull(ask(remembers, LEASE));
    first.giveBack();
    for (String each : objects.list("")) {
      objects.delete(each);
    }
    clock.addAndGet(LEASE);
    Hold second = taken(machine());
    assertNull(ask(remembers, LEASE), "it is another claim");
    assertTrue(second.isHeld());
  }

  @Test
  void aSweepLeavesTheLastNumber() throws IOException {
    RemoteClaims one = machine();
    taken(one).giveBack();
    objects.putIfAbsent(KEY.toHex() + "/" + ClaimName.of(1), Payload.of(new byte[1]));
    assertEquals(1, RemoteSweepFlow.run(objects, false).claims().size());
    assertEquals(List.of(KEY.toHex() + "/" + ClaimName.of(2)), objects.list(""));
    taken(one);
    assertEquals(3, last());
  }

  /** Each step of the others would be one of its own otherwise. */
  @Test
  void whoIsFarBehindAsksOnce() throws IOException {
    RemoteClaims other = machine();
    List<Hold> others = new ArrayList<>();
    AtomicInteger calls = new AtomicInteger();
    ObjectStore slow =
        HookedObjectStore.of(
            objects,
            (call, name) -> {
              calls.incrementAndGet();
              if (call.equals("list") && others.isEmpty()) {
                for (int claim = 0; claim < 20; claim++) {
                  others.forEach(Hold::giveBack);
                  others.clear();
                  others.add(taken(other));
                }
              }
            });
    assertNull(ask(machine(slow), LEASE));
    assertTrue(calls.get() < 8, calls::toString);
    assertEquals(1, objects.list("").size(), "what it has made it has removed");
  }
}
