package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.KeyLocks.Hold;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A stripe has one holder among all threads and processes, and none for long after its death. */
@Timeout(120)
class KeyLocksTest {
  private static final int STRIPE = KeyLocks.stripeOf(IndexRoot.key(0));
  private static final long SHORT_NANOS = TimeUnit.MILLISECONDS.toNanos(150);

  @TempDir Path parent;
  private Path directory;
  private IndexRoot self;

  @BeforeEach
  void attach() throws IOException {
    directory = parent.resolve(".warmstart");
    self = IndexRoot.open(directory);
  }

  @AfterEach
  void leave() {
    self.close();
  }

  private void reattach(long lockTimeoutNanos) throws IOException {
    self.close();
    self = IndexRoot.open(directory, lockTimeoutNanos);
  }

  private ForkedJvm forkHolder() throws Exception {
    ForkedJvm holder = ForkedJvm.start(IndexChild.class, "hold", directory.toString(), "5");
    assertEquals("true", holder.awaitLine("held"));
    return holder;
  }

  private long word() {
    return self.coordination().lockWord(STRIPE);
  }

  @Test
  void aHoldAnnouncesItsKeyAndFreesTheStripeAtItsEnd() {
    try (Hold hold = self.locks.acquire(IndexRoot.key(3))) {
      assertTrue(hold.shared());
      assertTrue(hold.exclusive());
      assertNull(hold.brokenIntent());
      assertEquals(self.coordination().ownWord(), word());
      assertEquals(IndexRoot.key(3), self.coordination().intent(STRIPE));
    }
    assertEquals(0, word());
  }

  @Test
  void aStripeWhoseHolderWasKilledIsBrokenAndTheDeadOnesKeyTold() throws Exception {
    try (ForkedJvm holder = forkHolder()) {
      holder.kill();
      try (Hold hold = self.locks.acquire(IndexRoot.key(0))) {
        assertTrue(hold.shared());
        assertEquals(IndexRoot.key(5), hold.brokenIntent());
        assertEquals(IndexRoot.key(5), self.coordination().intent(STRIPE), "until repaired");
        hold.announce(IndexRoot.key(0));
      }
    }
    assertEquals(1, self.counters.own(Counter.LOCK_BREAKS));
    assertEquals(0, self.counters.own(Counter.FILES_ONLY));
    assertTrue(self.coordination().totalBytes().isEmpty(), "the total is in doubt");
    try (Hold next = self.locks.acquire(IndexRoot.key(0))) {
      assertNull(next.brokenIntent(), "told once");
    }
  }

  @Test
  void aStripeWhoseHolderIsAZombieIsBroken() throws Exception {
    try (ForkedJvm negligent =
        ForkedJvm.command(IndexChild.class, "hold", directory.toString(), "5")
            .through("bash", "-c", "exec 3<&0; \"$0\" \"$@\" <&3 & exec sleep 1000")
            .start()) {
      long pid = Long.parseLong(negligent.awaitLine("pid"));
      negligent.awaitLine("held");
      ForkedJvm.signal(pid, "KILL");
      ForkedJvm.awaitState(pid, 'Z');
      try (Hold hold = self.locks.acquire(IndexRoot.key(0))) {
        assertTrue(hold.shared());
        assertEquals(IndexRoot.key(5), hold.brokenIntent());
      }
    }
  }

  @Test
  void aWaiterOnAStoppedHolderGoesOnWithFilesAloneAndDoesNotSteal() throws Exception {
    reattach(SHORT_NANOS);
    try (ForkedJvm holder = forkHolder()) {
      long theirs = word();
      holder.stop();
      try (Hold hold = self.locks.acquire(IndexRoot.key(0))) {
        assertFalse(hold.shared());
        assertTrue(hold.exclusive(), "among the threads of this process");
        assertNull(hold.brokenIntent());
      }
      assertEquals(theirs, word());
      assertEquals(1, self.counters.own(Counter.LOCK_TIMEOUTS));
      assertEquals(1, self.counters.own(Counter.FILES_ONLY));
      assertEquals(0, self.counters.own(Counter.LOCK_BREAKS));

      holder.goOn();
      holder.tell();
      holder.awaitLine("released");

      assertEquals(0, word());
      try (Hold hold = self.locks.acquire(IndexRoot.key(0))) {
        assertTrue(hold.shared());
      }
    }
  }

  @Test
  void aWaiterTakesTheStripeWhenItsLivingHolderReleasesIt() throws Exception {
    try (ForkedJvm holder = forkHolder()) {
      CountDownLatch waiting = new CountDownLatch(1);
      List<Boolean> shared = new ArrayList<>();
      Thread waiter =
          new Thread(
              () -> {
                waiting.countDown();
                try (Hold hold = self.locks.acquire(IndexRoot.key(0))) {
                  shared.add(hold.shared());
                  shared.add(Thread.interrupted());
                }
              });
      waiter.start();
      waiting.await();
      // An interrupt neither ends the waiting nor gets lost.
      waiter.interrupt();
      holder.tell();
      waiter.join();
      assertEquals(List.of(true, true), shared);
      assertEquals(0, self.counters.own(Counter.LOCK_BREAKS));
    }
  }

  /** A bit flipped in a lock word made every later save of the stripe wait for the time-out. */
  @ParameterizedTest
  @ValueSource(
      longs = {1, 0xffff_0001L, 0x0400_0001L, -1, Long.MIN_VALUE, 1L << 40, 0x7fff_ffff_0000_0001L})
  void aWordThatNobodyCanHaveWrittenIsBroken(long garbage) throws IOException {
    reattach(5 * SHORT_NANOS);
    assertTrue(self.coordination().casLockWord(STRIPE, 0, garbage));
    try (Hold hold = self.locks.acquire(IndexRoot.key(0))) {
      assertTrue(hold.shared());
    }
    assertEquals(0, word());
  }

  /** Its low bits tell that it is not the word of another thread of ours. */
  @ParameterizedTest
  @ValueSource(longs = {0, 2, 1L << 15})
  void anOwnWordThatNoThreadOfOursHoldsIsBroken(long flipped) throws IOException {
    reattach(5 * SHORT_NANOS);
    assertTrue(self.coordination().casLockWord(STRIPE, 0, self.coordination().ownWord() ^ flipped));
    try (Hold hold = self.locks.acquire(IndexRoot.key(0))) {
      assertTrue(hold.shared());
    }
    assertEquals(0, word());
  }

  @Test
  void threadsAndProcessesExcludeEachOther() throws Exception {
    int times = 1500;
    Path file = parent.resolve("counter");
    Files.write(file, new byte[8]);
    try (ForkedJvm one = forkCounter(file, times);
        ForkedJvm two = forkCounter(file, times)) {
      one.tell();
      two.tell();
      IndexChild.countOn(self, file, times, 2);
      assertEquals("0", one.awaitLine("counted"));
      assertEquals("0", two.awaitLine("counted"));
    }
    assertEquals(6L * times, IndexChild.map(file).getLong(0));
    assertEquals(0, self.counters.own(Counter.LOCK_BREAKS));
  }

  private ForkedJvm forkCounter(Path file, int times) throws Exception {
    ForkedJvm counter =
        ForkedJvm.command(
                IndexChild.class,
                "count",
                directory.toString(),
                file.toString(),
                Integer.toString(times))
            .start();
    counter.awaitLine("ready");
    return counter;
  }
}
