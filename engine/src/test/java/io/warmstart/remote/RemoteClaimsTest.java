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
import io.warmstart.Payloads;
import io.warmstart.claim.OtherMachines.Hold;
import io.warmstart.format.ClaimRecord;
import io.warmstart.model.ClaimUnavailableException;
import io.warmstart.model.Digest256;
import io.warmstart.model.Payload;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Claims of machines that share nothing but a remote, by a clock that stands still. */
@Timeout(120)
class RemoteClaimsTest {
  private static final Digest256 KEY = Payloads.key("fit").digest();
  private static final long LEASE = TimeUnit.HOURS.toNanos(1);
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

  private static final RemoteClaims.Entries NONE =
      new RemoteClaims.Entries() {
        @Override
        public void fetch(Digest256 key) {}

        @Override
        public void send(Digest256 key) {}
      };

  @TempDir Path work;
  private final AtomicLong clock = new AtomicLong(-1_000);
  private final List<RemoteClaims> machines = new ArrayList<>();
  private ObjectStore objects;

  @BeforeEach
  void makeRemote() throws IOException {
    objects = new FileObjectStore(Files.createDirectory(work.resolve("remote")));
  }

  @AfterEach
  void end() {
    machines.forEach(RemoteClaims::close);
  }

  private RemoteClaims machine() {
    return machine(objects);
  }

  private RemoteClaims machine(ObjectStore store) {
    RemoteClaims made = new RemoteClaims(store, PATIENCE, NONE, clock::get);
    machines.add(made);
    return made;
  }

  /** Each machine has locks of its own. */
  private static @Nullable Hold ask(RemoteClaims by, long leaseNanos) throws IOException {
    return by.tryTake(KEY, "machine " + System.identityHashCode(by), leaseNanos);
  }

  private static Hold taken(RemoteClaims by) throws IOException {
    return taken(by, LEASE);
  }

  private static Hold taken(RemoteClaims by, long leaseNanos) throws IOException {
    Hold taken = ask(by, leaseNanos);
    assertNotNull(taken);
    assertTrue(taken.isHeld());
    return taken;
  }

  private long last() throws IOException {
    return new ClaimChain(objects, KEY).numbers().last();
  }

  private ClaimRecord lastRecord() throws IOException {
    return Optional.ofNullable(new ClaimChain(objects, KEY).read(last())).orElseThrow();
  }

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
    clock.addAndGet(shortLease);
    taken(other);
    away.set(false);
    long now = last();
    held.giveBack();
    assertFalse(held.isHeld());
    assertEquals(now, last(), "it is another's, and is not given back for it");
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
    RemoteClaims late = new RemoteClaims(slow, 1_000_000, NONE, clock::get);
    machines.add(late);
    assertThrows(IOException.class, () -> late.tryTake(KEY, "root", LEASE));
    listed.await();
    Hold held = machine().tryTake(KEY, "root", LEASE);
    assertNotNull(held);
    goOn.countDown();
    // Its threads are few: what comes after it on all of them comes after it.
    Await.until("it is over", () -> late.isIdle());
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
