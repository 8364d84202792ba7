package io.warmstart.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.notice.Notices;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
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
}
