package io.warmstart.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.index.IndexRoot;
import io.warmstart.model.StoreCounter;
import io.warmstart.process.StripeLocks.Hold;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One sweep at a time among all threads and processes; a needless one waits for no other. */
@Tag("slow")
@Timeout(120)
class SweepLockTest extends LockedStripe {
  @Test
  void theDeathOfASweeperFreesTheSweeps() throws Exception {
    try (ForkedJvm sweeper = forkHolder("sweep")) {
      sweeper.kill();
    }
    try (Hold hold = self.stripes.acquireSweep(IndexRoot.LONG_NANOS)) {
      assertTrue(hold.heldAcrossProcesses());
      assertNull(hold.brokenIntent());
    }
  }

  /** One who only wants the work of a sweep done does not wait for the end of the one under way. */
  @Test
  void aSweepThatTurnsOutNeedlessIsNotWaitedFor() throws Exception {
    try (ForkedJvm sweeper = forkHolder("sweep")) {
      AtomicInteger asked = new AtomicInteger();

      Hold hold =
          self.stripes.acquireSweepUnless(() -> asked.incrementAndGet() == 5, IndexRoot.LONG_NANOS);

      assertNull(hold);
      assertEquals(5, asked.get());
      assertEquals(0, self.counters.own(StoreCounter.LOCK_TIMEOUTS));
      assertEquals(0, self.counters.own(StoreCounter.FILES_ONLY));
      sweeper.kill();
    }
    // Nothing of the wait is left behind.
    try (Hold hold = self.stripes.acquireSweep(IndexRoot.LONG_NANOS)) {
      assertTrue(hold.heldAcrossProcesses());
    }
  }

  @Test
  void aSweepOfAnotherThreadThatTurnsOutNeedlessIsNotWaitedFor() throws Exception {
    try (Hold held = self.stripes.acquireSweep(IndexRoot.LONG_NANOS)) {
      assertTrue(held.heldAcrossProcesses());
      AtomicInteger asked = new AtomicInteger();
      CompletableFuture<@Nullable Hold> other =
          CompletableFuture.supplyAsync(
              () ->
                  self.stripes.acquireSweepUnless(
                      () -> asked.incrementAndGet() == 5, IndexRoot.LONG_NANOS));

      assertNull(other.get(60, TimeUnit.SECONDS));
      assertEquals(5, asked.get());
      assertTrue(held.heldAcrossProcesses());
    }
  }

  @Test
  void aSweepThatStaysNeededIsWaitedFor() throws Exception {
    try (ForkedJvm sweeper = forkHolder("sweep")) {
      CountDownLatch asked = new CountDownLatch(3);
      CompletableFuture<Boolean> waiting =
          CompletableFuture.supplyAsync(
              () -> {
                try (Hold hold =
                    self.stripes.acquireSweepUnless(() -> isLast(asked), IndexRoot.LONG_NANOS)) {
                  return hold != null && hold.heldAcrossProcesses();
                }
              });
      assertTrue(asked.await(60, TimeUnit.SECONDS));
      assertFalse(waiting.isDone());
      sweeper.tell();

      assertTrue(waiting.get(60, TimeUnit.SECONDS));
      assertEquals(0, self.counters.own(StoreCounter.LOCK_TIMEOUTS));
      assertEquals(0, self.counters.own(StoreCounter.FILES_ONLY));
    }
  }

  private static boolean isLast(CountDownLatch asked) {
    asked.countDown();
    return false;
  }

  @Test
  void aQuestionThatFailsLeavesNoLockBehind() throws Exception {
    try (ForkedJvm sweeper = forkHolder("sweep")) {
      assertThrows(
          IllegalStateException.class,
          () ->
              self.stripes.acquireSweepUnless(
                  () -> {
                    throw new IllegalStateException("asked");
                  },
                  IndexRoot.LONG_NANOS));
      sweeper.kill();
    }
    CompletableFuture<Boolean> another =
        CompletableFuture.supplyAsync(
            () -> {
              try (Hold hold = self.stripes.acquireSweep(SHORT_NANOS)) {
                return hold.heldInProcess() && hold.heldAcrossProcesses();
              }
            });
    assertTrue(another.get(60, TimeUnit.SECONDS));
  }
}
