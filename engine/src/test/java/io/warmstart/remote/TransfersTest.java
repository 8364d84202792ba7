package io.warmstart.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.notice.Notices;
import io.warmstart.remote.copy.LocalException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Where there is no memory it cannot be told that there is none. Who waited for a transfer was told
 * nothing either, and nothing was sent any more: a round that does not end is followed by none.
 */
@Timeout(60)
class TransfersTest {
  private final Transfers transfers = new Transfers("remote", new Notices());
  private final Breaker breaker = new Breaker();
  private final AtomicBoolean ended = new AtomicBoolean();
  private static volatile boolean telling;

  @AfterEach
  void close() {
    telling = false;
    transfers.close();
  }

  /** As without memory; but for the test itself, which tells of it. */
  private static String untellable() {
    if (telling) {
      throw new OutOfMemoryError("again");
    }
    return "told";
  }

  /** What cannot be described without memory. */
  private static final class Untellable extends OutOfMemoryError {
    private static final long serialVersionUID = 1L;

    @Override
    public String getMessage() {
      return untellable();
    }
  }

  private static final class UntellableHere extends LocalException {
    private static final long serialVersionUID = 1L;

    private UntellableHere() {
      super("here");
    }

    @Override
    public String getMessage() {
      return untellable();
    }
  }

  private @Nullable Throwable failureOf(Transfer transfer) {
    CompletableFuture<Boolean> future = new CompletableFuture<>();
    telling = true;
    transfers.submit(
        future,
        transfer,
        breaker,
        () -> {
          telling = false;
          ended.set(true);
        });
    ExecutionException failure =
        assertThrows(ExecutionException.class, () -> future.get(30, TimeUnit.SECONDS));
    assertTrue(ended.get());
    return failure.getCause();
  }

  @Test
  void whoWaitsIsToldAlsoOfWhatCannotBeDescribed() {
    Untellable error = new Untellable();
    assertEquals(
        error,
        failureOf(
            () -> {
              throw error;
            }));
    assertEquals(1, transfers.failures());
    assertFalse(breaker.open());
  }

  @Test
  void whoWaitsIsToldAlsoOfWhatHasFailedHere() {
    UntellableHere here = new UntellableHere();
    assertEquals(
        here,
        failureOf(
            () -> {
              throw here;
            }));
  }

  @Test
  void whoWaitsIsToldWhateverIsToBeDoneBefore() {
    CompletableFuture<Boolean> future = new CompletableFuture<>();
    transfers.submit(
        future,
        () -> true,
        breaker,
        () -> {
          throw new OutOfMemoryError("meanwhile");
        });
    assertTrue(future.orTimeout(30, TimeUnit.SECONDS).join());
  }

  @Test
  void anAccountThatCannotBeKeptOpensTheBreakerAllTheSame() {
    IOException untellable =
        new IOException() {
          private static final long serialVersionUID = 1L;

          @Override
          public String getMessage() {
            return untellable();
          }
        };
    telling = true;
    for (int failure = 0; failure < 5; failure++) {
      transfers.failed(untellable, false, breaker);
    }
    telling = false;
    assertTrue(breaker.open());
  }

  /** It waited out its deadline. */
  @Test
  void whoWaitsForWhatHasNotBegunIsLetGoWhenItCloses() throws Exception {
    CountDownLatch until = new CountDownLatch(1);
    CountDownLatch busy = new CountDownLatch(4);
    for (int thread = 0; thread < 4; thread++) {
      transfers.submit(
          () -> {
            busy.countDown();
            while (until.getCount() > 0) {
              // As a call that hangs in the kernel, which ends for no interrupt.
              Thread.onSpinWait();
            }
            return true;
          },
          breaker);
    }
    busy.await();
    CompletableFuture<Boolean> waiting = transfers.submit(() -> true, breaker);
    try {
      transfers.close();
      assertFalse(waiting.get(60, TimeUnit.SECONDS));
    } finally {
      until.countDown();
    }
  }

  private static boolean await(CountDownLatch latch) throws IOException {
    try {
      return latch.await(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /** It would take the thread of the one that is waited for. */
  @Test
  void whatIsDoneAsideIsDroppedWhereOneThreadIsLeft() throws Exception {
    CountDownLatch until = new CountDownLatch(1);
    CountDownLatch busy = new CountDownLatch(3);
    List<CompletableFuture<Boolean>> ends = new ArrayList<>();
    for (int thread = 0; thread < 3; thread++) {
      ends.add(
          transfers.submit(
              () -> {
                busy.countDown();
                return await(until);
              },
              breaker));
    }
    busy.await();
    AtomicBoolean ran = new AtomicBoolean();
    transfers.aside(() -> ran.set(true));
    // In the queue it would come before this.
    for (int thread = 0; thread < 4; thread++) {
      assertTrue(transfers.submit(() -> true, breaker).get(60, TimeUnit.SECONDS));
    }
    until.countDown();
    for (CompletableFuture<Boolean> each : ends) {
      assertTrue(each.get(60, TimeUnit.SECONDS));
    }
    assertFalse(ran.get());
  }

  @Test
  void whatIsDoneAsideIsDoneByAThreadThatIsIdle() throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    assertTrue(
        transfers
            .submit(
                () -> {
                  transfers.aside(done::countDown);
                  return await(done);
                },
                breaker)
            .get(60, TimeUnit.SECONDS));
  }
}
