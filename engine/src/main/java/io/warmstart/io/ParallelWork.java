package io.warmstart.io;

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
    List<Thread> others = start(Math.min(most, all.size()) - 1, DaemonThreads.named(name), work);
    work.run();
    for (Thread each : others) {
      Uninterrupted.await(
          () -> {
            each.join();
            return true;
          });
    }
    Throwable failure = first.get();
    if (failure instanceof RuntimeException e) {
      throw e;
    }
    if (failure instanceof Error e) {
      throw e;
    }
  }

  private static List<Thread> start(int count, ThreadFactory threads, Runnable work) {
    List<Thread> started = new ArrayList<>(Math.max(0, count));
    try {
      while (started.size() < count) {
        Thread thread = threads.newThread(work);
        thread.start();
        started.add(thread);
      }
    } catch (OutOfMemoryError e) {
      EngineLog.warning("a thread could not be started, and others do its work", e);
    }
    return started;
  }
}
