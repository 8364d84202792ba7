package io.warmstart.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.index.IndexChild;
import io.warmstart.index.IndexRoot;
import io.warmstart.mapped.ControlLayout;
import io.warmstart.model.Digest256;
import io.warmstart.model.StoreCounter;
import io.warmstart.process.StripeLocks.Hold;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A stripe has one holder among all threads and processes, and none for long after its death. */
@Tag("slow")
@Timeout(120)
class StripeLocksTest extends LockedStripe {
  @Test
  void aHoldAnnouncesItsKeyAndClearsTheIntentAtItsEnd() {
    try (Hold hold = self.stripes.acquire(IndexRoot.key(3))) {
      assertTrue(hold.heldAcrossProcesses());
      assertTrue(hold.heldInProcess());
      assertNull(hold.brokenIntent());
      assertEquals(ControlFile.AT_WORK, state());
      assertEquals(IndexRoot.key(3), self.controlFile().intent(STRIPE));
    }
    assertEquals(ControlFile.NO_INTENT, state());
  }

  @Test
  void aStripeWhoseHolderWasKilledIsFreeAndTheDeadOnesKeyTold() throws Exception {
    try (ForkedJvm holder = forkHolder("5")) {
      holder.kill();
      try (Hold hold = self.stripes.acquire(IndexRoot.key(0))) {
        assertTrue(hold.heldAcrossProcesses());
        assertEquals(IndexRoot.key(5), hold.brokenIntent());
        assertEquals(IndexRoot.key(5), self.controlFile().intent(STRIPE), "until repaired");
        hold.announce(IndexRoot.key(0));
      }
    }
    assertEquals(1, self.counters.own(StoreCounter.LOCK_BREAKS));
    assertEquals(0, self.counters.own(StoreCounter.LOCK_TIMEOUTS));
    assertEquals(0, self.counters.own(StoreCounter.FILES_ONLY));
    try (Hold next = self.stripes.acquire(IndexRoot.key(0))) {
      assertNull(next.brokenIntent(), "told once");
    }
  }

  /** The one that is to repair a key dies as well: the next one is told of the same key. */
  @Test
  void theDeathOfTheRepairerLosesNoIntent() throws Exception {
    try (ForkedJvm first = forkHolder("5")) {
      first.kill();
    }
    try (ForkedJvm repairer = forkHolder("6")) {
      repairer.kill();
    }
    try (Hold hold = self.stripes.acquire(IndexRoot.key(0))) {
      assertEquals(IndexRoot.key(5), hold.brokenIntent());
    }
  }

  @Test
  void aRepairThatFailedIsLeftToTheNextHolderAndCountedOnce() throws Exception {
    try (ForkedJvm holder = forkHolder("5")) {
      holder.kill();
    }
    for (int attempt = 0; attempt < 3; attempt++) {
      try (Hold hold = self.stripes.acquire(IndexRoot.key(0))) {
        assertEquals(IndexRoot.key(5), hold.brokenIntent());
        assertEquals(ControlFile.AT_WORK, state(), "its own death is to be found too");
      }
    }
    assertEquals(1, self.counters.own(StoreCounter.LOCK_BREAKS));
    try (Hold hold = self.stripes.acquire(IndexRoot.key(0))) {
      hold.announce(IndexRoot.key(0));
    }
    try (Hold next = self.stripes.acquire(IndexRoot.key(0))) {
      assertNull(next.brokenIntent());
    }
  }

  @Test
  void aStripeWhoseHolderIsAZombieIsFree() throws Exception {
    try (ForkedJvm negligent =
        ForkedJvm.command(IndexChild.class, "hold", directory.toString(), "5")
            .through("bash", "-c", "exec 3<&0; \"$0\" \"$@\" <&3 & exec sleep 1000")
            .start()) {
      long pid = Long.parseLong(negligent.awaitLine("pid"));
      negligent.awaitLine("held");
      ForkedJvm.signal(pid, "KILL");
      ForkedJvm.awaitState(pid, 'Z');
      try (Hold hold = self.stripes.acquire(IndexRoot.key(0))) {
        assertTrue(hold.heldAcrossProcesses());
        assertEquals(IndexRoot.key(5), hold.brokenIntent());
      }
    }
  }

  @Test
  void aWaiterOnAStoppedHolderGoesOnWithFilesAloneAndDoesNotSteal() throws Exception {
    reattach(SHORT_NANOS);
    try (ForkedJvm holder = forkHolder("5")) {
      holder.stop();
      try (Hold hold = self.stripes.acquire(IndexRoot.key(0))) {
        assertFalse(hold.heldAcrossProcesses());
        assertTrue(hold.heldInProcess(), "among the threads of this process");
        assertNull(hold.brokenIntent());
      }
      assertEquals(ControlFile.AT_WORK, state());
      assertEquals(IndexRoot.key(5), self.controlFile().intent(STRIPE));
      assertEquals(1, self.counters.own(StoreCounter.LOCK_TIMEOUTS));
      assertEquals(1, self.counters.own(StoreCounter.FILES_ONLY));
      assertEquals(0, self.counters.own(StoreCounter.LOCK_BREAKS));

      holder.goOn();
      holder.tell();
      holder.awaitLine("released");

      assertEquals(ControlFile.NO_INTENT, state());
      try (Hold hold = self.stripes.acquire(IndexRoot.key(0))) {
        assertTrue(hold.heldAcrossProcesses());
      }
    }
  }

  @Test
  void aWaiterTakesTheStripeWhenItsLivingHolderReleasesIt() throws Exception {
    try (ForkedJvm holder = forkHolder("5")) {
      CountDownLatch waiting = new CountDownLatch(1);
      List<Boolean> shared = new ArrayList<>();
      Thread waiter =
          new Thread(
              () -> {
                waiting.countDown();
                try (Hold hold = self.stripes.acquire(IndexRoot.key(0))) {
                  shared.add(hold.heldAcrossProcesses());
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
      assertEquals(0, self.counters.own(StoreCounter.LOCK_BREAKS));
    }
  }

  /**
   * An interrupt inside an operation on a FileChannel closes it as a rule, and with it drops every
   * lock of the process, without a word.
   */
  @Test
  void interruptsDropNoLock() throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    List<Thread> interrupted = new ArrayList<>();
    Hold hold = self.stripes.acquire(IndexRoot.key(0));
    try {
      for (int thread = 0; thread < 2; thread++) {
        Digest256 other = IndexRoot.keyOf(STRIPE + 1 + thread);
        interrupted.add(
            new Thread(
                () -> {
                  while (!done.get()) {
                    Thread.currentThread().interrupt();
                    self.stripes.acquire(other).close();
                    self.processTable.liveProcesses();
                  }
                }));
      }
      interrupted.forEach(Thread::start);
      try (ForkedJvm sibling = ForkedJvm.start(IndexChild.class, "try", directory.toString())) {
        for (int attempt = 0; attempt < 20; attempt++) {
          for (Thread each : interrupted) {
            each.interrupt();
          }
          sibling.tell();
          assertEquals("false live 2", sibling.awaitLine("tried"));
        }
        assertTrue(hold.heldAcrossProcesses());
        done.set(true);
        for (Thread each : interrupted) {
          each.join();
        }
        hold.close();
        sibling.tell();
        assertEquals("true live 2", sibling.awaitLine("tried"));
      }
    } finally {
      done.set(true);
    }
    assertEquals(0, self.counters.own(StoreCounter.FILES_ONLY));
  }

  /** What a vandal writes in the place of an intent costs a count, or a look at some key. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 0xffff_0001L, -1, Long.MIN_VALUE, 1L << 40})
  void anIntentThatNobodyCanHaveWrittenDoesNoHarm(long garbage) throws IOException {
    Digest256 ofAnotherStripe = IndexRoot.keyOf(STRIPE + 1);
    ControlFileVandal.patch(
        directory,
        file -> {
          int stripe = ControlLayout.stripeOffset(STRIPE);
          file.putLong(stripe + ControlLayout.STATE_OFFSET, garbage);
          file.putLong(stripe + ControlLayout.INTENT_OFFSET + 8, ofAnotherStripe.word(1));
        });
    try (Hold hold = self.stripes.acquire(IndexRoot.key(0))) {
      assertTrue(hold.heldAcrossProcesses());
      assertTrue(hold.broken());
      assertNull(hold.brokenIntent());
      hold.announce(IndexRoot.key(0));
    }
    assertEquals(ControlFile.NO_INTENT, state());
  }

  /** The locks do not lie in the mapping: they hold while there is none. */
  @Test
  void processesExcludeEachOtherWithoutTheCoordinationFile() throws Exception {
    try (ForkedJvm holder = forkHolder("5");
        ForkedJvm sibling = ForkedJvm.start(IndexChild.class, "try", directory.toString())) {
      ControlFileVandal.truncate(directory, 0);
      sibling.tell();
      assertTrue(sibling.awaitLine("tried").startsWith("false"));
      holder.tell();
      holder.awaitLine("released");
      sibling.tell();
      assertTrue(sibling.awaitLine("tried").startsWith("true"));
    }
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
    assertEquals(0, self.counters.own(StoreCounter.LOCK_BREAKS));
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
