package io.warmstart.runtime;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Work that waits for a disk, done by several threads at once, the caller among them. Where no
 * thread can be started the caller does it all.
 */
public final class ParallelWork {
  private ParallelWork() {}

  /**
   * Does something with each element, one after the other and by the caller alone.
   *
   * @param action may throw: the other elements have their turn all the same, and the first that
   *     was thrown is thrown in the end, with the others added to it
   */
  public static <T> void inTurn(List<T> all, Consumer<T> action) {
    Throwable first = null;
    for (T each : all) {
      try {
        action.accept(each);
      } catch (RuntimeException | Error e) {
        first = FirstFailure.of(first, e);
      }
    }
    raise(first);
  }

  private static void raise(@Nullable Throwable failure) {
    if (failure instanceof RuntimeException e) {
      throw e;
    }
    if (failure instanceof Error e) {
      throw e;
    }
  }

  /**
   * Does something with each element, in no order; an interrupt does not end that.
   *
   * @param most how many threads work at once
   * @param name of those that are not the caller
   * @param action may throw: the other elements have their turn all the same, and the first that
   *     was thrown is thrown in the end
   */
  public static <T> void each(List<T> all, int most, String name, Consumer<T> action) {
    AtomicInteger next = new AtomicInteger();
    AtomicReference<@Nullable Throwable> first = new AtomicReference<>();
    Runnable work =
        () -> {
          for (int at = next.getAndIncrement(); at < all.size(); at = next.getAndIncrement()) {
            try {
              action.accept(all.get(at));
            } catch (RuntimeException | Error e) {
              first.compareAndSet(null, e);
            }
          }
        };
    int more = Math.max(0, Math.min(most, all.size()) - 1);
    List<Thread> others = new ArrayList<>(more);
    OutOfMemoryError refused = null;
    try {
      ThreadFactory threads = DaemonThreads.named(name);
      while (others.size() < more) {
        Thread thread = threads.newThread(work);
        thread.start();
        others.add(thread);
      }
    } catch (OutOfMemoryError e) {
      refused = e;
    }
    try {
      work.run();
    } finally {
      join(others);
    }
    if (refused != null) {
      EngineLog.warning("a thread could not be started, and others have done its work", refused);
    }
    raise(first.get());
  }

  /** Needs no memory: none may go on when the caller does. */
  private static void join(List<Thread> threads) {
    boolean interrupted = false;
    for (int at = 0; at < threads.size(); ) {
      try {
        threads.get(at).join();
        at++;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
