package io.warmstart.runtime;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.testing.Await;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OperationsTest {
  private final Operations operations = new Operations("it is closed");
  private final AtomicInteger letGo = new AtomicInteger();
  private final CountDownLatch mayEnd = new CountDownLatch(1);

  /** Begins an operation on a thread, which ends it when it may. */
  private Thread begun(Operations of) throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    Thread thread =
        new Thread(
            () ->
                of.run(
                    () -> {
                      begun.countDown();
                      return Uninterrupted.await(() -> mayEnd.await(30, TimeUnit.SECONDS));
                    }));
    thread.start();
    begun.await();
    return thread;
  }

  @Test
  void aCloseWaitsForWhatIsUnderWay() throws Exception {
    Thread other = begun(operations);
    Thread closing = new Thread(() -> operations.close(letGo::incrementAndGet));
    closing.start();
    Await.until("it waits", () -> closing.getState() == Thread.State.WAITING);

    assertEquals(0, letGo.get());
    IllegalStateException late = assertThrows(IllegalStateException.class, operations::begin);
    assertEquals("it is closed", late.getMessage());
    operations.close(letGo::incrementAndGet);

    mayEnd.countDown();
    closing.join();
    other.join();
    assertEquals(1, letGo.get());
  }

  @Test
  void anInterruptDoesNotEndTheWait() throws Exception {
    Thread other = begun(operations);
    AtomicReference<Boolean> status = new AtomicReference<>();
    Thread closing =
        new Thread(
            () -> {
              operations.close(letGo::incrementAndGet);
              status.set(Thread.interrupted());
            });
    closing.start();
    closing.interrupt();
    Await.until("it waits again", () -> closing.getState() == Thread.State.WAITING);
    assertEquals(0, letGo.get());

    mayEnd.countDown();
    closing.join();
    other.join();
    assertEquals(1, letGo.get());
    assertEquals(true, status.get());
  }

  @Test
  void withNothingUnderWayItIsLetGoAtOnce() {
    operations.run(() -> true);

    operations.close(letGo::incrementAndGet);

    assertEquals(1, letGo.get());
    assertThrows(IllegalStateException.class, operations::begin);
    assertThrows(IllegalStateException.class, () -> operations.pause(1));
  }

  @Test
  void whoClosesItFromWithinLetsItGoAtTheEnd() {
    operations.begin();
    operations.begin();

    operations.close(letGo::incrementAndGet);

    assertEquals(0, letGo.get());
    operations.end();
    assertEquals(0, letGo.get());
    operations.end();
    assertEquals(1, letGo.get());
  }

  @Test
  void whatFailsThereIsNoFailureOfTheOperation() {
    assertTrue(
        operations.run(
            () -> {
              operations.close(
                  () -> {
                    letGo.incrementAndGet();
                    throw new IllegalArgumentException("in close");
                  });
              return true;
            }));
    assertEquals(1, letGo.get());
  }

  @Test
  void whoIsWithinAnotherOperationWaitsForNone() throws Exception {
    Operations another = new Operations("the other is closed");
    Thread other = begun(operations);

    another.run(
        () -> {
          operations.close(letGo::incrementAndGet);
          return true;
        });

    assertEquals(0, letGo.get());
    mayEnd.countDown();
    other.join();
    assertEquals(1, letGo.get());
  }

  @Test
  void whoPausesIsWokenByTheClose() throws Exception {
    AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
    Thread pausing =
        new Thread(
            () -> {
              try {
                operations.run(
                    () -> {
                      operations.pause(1);
                      operations.pause(TimeUnit.HOURS.toNanos(1));
                      return true;
                    });
              } catch (IllegalStateException e) {
                thrown.set(e);
              }
            });
    pausing.start();
    Await.until("it pauses", () -> pausing.getState() == Thread.State.TIMED_WAITING);

    operations.close(letGo::incrementAndGet);

    pausing.join();
    assertEquals("it is closed", requireNonNull(thrown.get()).getMessage());
    assertEquals(1, letGo.get());
  }

  /** However many begin at the very moment of the close: none is inside when it is let go. */
  @Test
  void noneIsInsideWhenItIsLetGo() throws Exception {
    for (int round = 0; round < 200; round++) {
      Operations raced = new Operations("closed");
      AtomicInteger inside = new AtomicInteger();
      AtomicInteger wrong = new AtomicInteger();
      List<Thread> threads = new ArrayList<>();
      for (int each = 0; each < 3; each++) {
        Thread thread =
            new Thread(
                () -> {
                  try {
                    while (true) {
                      raced.begin();
                      inside.incrementAndGet();
                      inside.decrementAndGet();
                      raced.end();
                    }
                  } catch (IllegalStateException e) {
                    // As it should be.
                  }
                });
        thread.start();
        threads.add(thread);
      }
      boolean[] done = new boolean[1];
      raced.close(
          () -> {
            wrong.set(inside.get());
            done[0] = true;
          });
      for (Thread thread : threads) {
        thread.join();
      }
      assertEquals(0, wrong.get());
      assertTrue(done[0]);
      assertFalse(Thread.currentThread().isInterrupted());
    }
  }
}
