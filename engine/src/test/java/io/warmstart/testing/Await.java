package io.warmstart.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Waits for what another thread or process does: asks again and again, and fails after far longer
 * than a busy machine takes.
 */
public final class Await {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private Await() {}

  /** What is awaited. */
  public interface Condition {
    boolean holds() throws Exception;
  }

  /** What is asked for again and again. */
  public interface Question<T> {
    T ask() throws Exception;
  }

  /** Waits until a condition holds. */
  public static void until(String what, Condition condition) {
    long begin = System.nanoTime();
    while (!ask(condition::holds)) {
      if (System.nanoTime() - begin > PATIENCE_NANOS) {
        fail("waited in vain until " + what);
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /** Waits until a question has the expected answer. */
  public static <T> void answer(T expected, Question<T> question) {
    long begin = System.nanoTime();
    T answer = ask(question);
    while (!Objects.equals(expected, answer) && System.nanoTime() - begin < PATIENCE_NANOS) {
      LockSupport.parkNanos(PAUSE_NANOS);
      answer = ask(question);
    }
    assertEquals(expected, answer);
  }

  private static <T> T ask(Question<T> question) {
    try {
      return question.ask();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new AssertionError("while waiting", e);
    }
  }
}
