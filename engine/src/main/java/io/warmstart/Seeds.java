package io.warmstart;

import io.warmstart.model.StoreException;
import io.warmstart.runtime.EngineLog;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Other stores whose entries one reads, in order. What fails of one is told now and then, and is no
 * failure of the one that asks. Safe for all threads.
 *
 * @param <S> a store's lookups
 */
final class Seeds<S> {
  private static final long TELL_EVERY_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final List<S> stores;
  private final Function<S, Path> rootOf;
  private volatile long toldAtNanos = System.nanoTime() - TELL_EVERY_NANOS;

  Seeds(List<S> stores, Function<S, Path> rootOf) {
    this.stores = List.copyOf(stores);
    this.rootOf = rootOf;
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
}
