package io.warmstart.runtime;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What is under way in something that closes: it is let go when all of that has ended, and nothing
 * begins any more from when it is to close.
 *
 * <p>A thread that is inside an operation waits for no other: it may be what the other waits for,
 * and its own cannot end before it goes on. So where what an operation calls of its caller's, such
 * as the buffer of a payload or the progress of a verification, closes the thing, the thread that
 * ends last lets it go.
 *
 * <p>Safe for all threads. An operation is begun and ended by one thread, and may lie in another.
 */
public final class Operations {
  /** Added to the count when no more may begin. */
  private static final long CLOSED = Long.MIN_VALUE;

  /** The count is written by all who begin and end: it shares its cache lines with nothing. */
  private static final int PLACE = 16;

  /**
   * How many operations the thread is inside, of whatever: of no class of ours, so that a thread
   * which outlives its application keeps none of it.
   */
  private static final ThreadLocal<int[]> INSIDE = new ThreadLocal<>();

  private final AtomicLongArray underWay = new AtomicLongArray(2 * PLACE);
  private final CountDownLatch closing = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);

  /** What the thread that ends last is to run. */
  private final AtomicReference<@Nullable Runnable> left = new AtomicReference<>();

  private final String closedText;

  /**
   * Makes one with nothing under way.
   *
   * @param closedText what is said to those who come after the close
   */
  public Operations(String closedText) {
    this.closedText = closedText;
  }

  /**
   * Begins an operation, to be ended by this thread.
   *
   * @throws IllegalStateException if this is closed: then there is nothing to end
   */
  public void begin() {
    int[] inside = inside();
    if (underWay.get(PLACE) < 0) {
      throw closed();
    }
    if (underWay.incrementAndGet(PLACE) < 0) {
      leave();
      throw closed();
    }
    inside[0]++;
  }

  /** Ends an operation that has begun. */
  public void end() {
    inside()[0]--;
    leave();
  }

  /**
   * Runs an operation.
   *
   * @throws IllegalStateException if this is closed
   */
  public <T> T run(Supplier<T> operation) {
    begin();
    try {
      return operation.get();
    } finally {
      end();
    }
  }

  /**
   * Waits, within an operation that others may go on without: not beyond the moment in which this
   * is to close. No interrupt ends it.
   *
   * @throws IllegalStateException if this is closed
   */
  public void pause(long nanos) {
    long until = System.nanoTime() + nanos;
    boolean isClosing =
        Uninterrupted.await(() -> closing.await(until - System.nanoTime(), TimeUnit.NANOSECONDS));
    if (isClosing) {
      throw closed();
    }
  }

  /**
   * Lets nothing begin any more, and waits until all that is under way has ended; inside an
   * operation it waits for none. Later calls do nothing.
   *
   * @param letGo what is to be done then: by this thread, unless it is inside an operation and
   *     others are under way, its own perhaps. What fails of it there is logged.
   */
  public void close(Runnable letGo) {
    boolean mayWait = inside()[0] == 0;
    synchronized (this) {
      if (closing.getCount() == 0) {
        return;
      }
      if (!mayWait) {
        left.set(letGo);
      }
      closing.countDown();
    }
    boolean idle = underWay.getAndAdd(PLACE, CLOSED) == 0;
    if (mayWait) {
      if (!idle) {
        Uninterrupted.await(
            () -> {
              ended.await();
              return true;
            });
      }
      letGo.run();
    } else if (idle && left.getAndSet(null) != null) {
      letGo.run();
    }
  }

  private void leave() {
    if (underWay.decrementAndGet(PLACE) == CLOSED) {
      ended.countDown();
      Runnable letGo = left.getAndSet(null);
      if (letGo != null) {
        try {
          letGo.run();
        } catch (RuntimeException | Error e) {
          // It is not this operation that has failed.
          EngineLog.warning("not all could be closed by the last operation", e);
        }
      }
    }
  }

  private static int[] inside() {
    int[] inside = INSIDE.get();
    if (inside == null) {
      inside = new int[1];
      INSIDE.set(inside);
    }
    return inside;
  }

  private IllegalStateException closed() {
    return new IllegalStateException(closedText);
  }
}
