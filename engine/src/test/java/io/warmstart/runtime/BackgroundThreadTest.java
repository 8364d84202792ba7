package io.warmstart.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BackgroundThreadTest {
  /**
   * An application ran out of memory and caught the error; our thread met the same one, and so did
   * the handler that was to tell of it. The thread was gone for the life of the process.
   */
  @Test
  void anErrorInARoundAndAnotherInItsHandlerEndNothing() throws Exception {
    CountDownLatch rounds = new CountDownLatch(3);
    AtomicInteger told = new AtomicInteger();
    BackgroundThread thread =
        new BackgroundThread(
            "tested",
            () -> {
              rounds.countDown();
              throw new OutOfMemoryError("in a round");
            },
            e -> {
              told.incrementAndGet();
              throw new OutOfMemoryError("in the handler");
            });

    assertTrue(thread.ensureRunning());
    rounds.await();

    assertTrue(told.get() >= 2);
    thread.close();
    assertFalse(thread.ensureRunning(), "not after it was closed");
  }

  /** One that stayed would end each wait at once, and keep a processor busy. */
  @Test
  void anInterruptDoesNotStay() throws Exception {
    CountDownLatch rounds = new CountDownLatch(3);
    AtomicInteger interrupted = new AtomicInteger();
    BackgroundThread thread =
        new BackgroundThread(
            "tested",
            () -> {
              interrupted.addAndGet(Thread.currentThread().isInterrupted() ? 1 : 0);
              Thread.currentThread().interrupt();
              rounds.countDown();
            },
            e -> {});
    thread.ensureRunning();
    rounds.await();
    thread.close();
    assertEquals(0, interrupted.get());
  }

  @Test
  void closingWakesARoundThatWaitsAndReturnsWhenItHasEnded() throws Exception {
    CountDownLatch waiting = new CountDownLatch(1);
    AtomicInteger ended = new AtomicInteger();
    BackgroundThread thread =
        new BackgroundThread(
            "tested",
            () -> {
              waiting.countDown();
              LockSupport.park();
              ended.incrementAndGet();
            },
            e -> {});
    thread.ensureRunning();
    waiting.await();
    Thread.currentThread().interrupt();

    thread.close();

    assertTrue(Thread.interrupted(), "handed on");
    assertEquals(1, ended.get());
  }
}
