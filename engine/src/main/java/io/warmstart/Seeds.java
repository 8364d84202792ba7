package io.warmstart;

import io.warmstart.model.StoreException;
import io.warmstart.runtime.EngineLog;
import io.warmstart.runtime.ParallelWork;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Other stores whose entries one reads, in order. What fails of one is told now and then, and is no
 * failure of who asks. Safe for all threads.
 *
 * @param <S> a store
 */
final class Seeds<S> implements AutoCloseable {
  private static final long TELL_EVERY_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final List<S> stores;
  private final Function<S, Path> rootOf;
  private final Consumer<S> closing;
  private volatile long toldAtNanos = System.nanoTime() - TELL_EVERY_NANOS;

  Seeds(List<S> stores, Function<S, Path> rootOf, Consumer<S> closing) {
    this.stores = List.copyOf(stores);
    this.rootOf = rootOf;
    this.closing = closing;
  }

  boolean areNone() {
    return stores.isEmpty();
  }

  /** The first that a seed has. */
  <T> Optional<T> first(Function<S, Optional<T>> question) {
    for (S seed : stores) {
      try {
        Optional<T> found = question.apply(seed);
        if (found.isPresent()) {
          return found;
        }
      } catch (StoreException e) {
        long now = System.nanoTime();
        if (now - toldAtNanos >= TELL_EVERY_NANOS) {
          toldAtNanos = now;
          EngineLog.warning("a seed cannot be read: root=" + rootOf.apply(seed), e);
        }
      }
    }
    return Optional.empty();
  }

  /** Closes them, each whatever comes of the others. */
  @Override
  public void close() {
    ParallelWork.inTurn(stores, closing);
  }
}
