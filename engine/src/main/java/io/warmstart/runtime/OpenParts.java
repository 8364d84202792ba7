package io.warmstart.runtime;

import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What is open in a whole and ends with it. Safe for all threads.
 *
 * @param <T> a part
 */
public final class OpenParts<T> implements AutoCloseable {
  // Under the monitor.
  private final Set<T> open;
  private boolean closed;

  private final Consumer<T> closing;

  /**
   * Has none yet.
   *
   * @param open an empty set, which nobody else has
   * @param closing ends a part, if it has not ended by itself
   */
  public OpenParts(Set<T> open, Consumer<T> closing) {
    this.open = open;
    this.closing = closing;
  }

  /** Has one end with the others: at once, if they have. */
  public void add(T part) {
    synchronized (this) {
      if (!closed) {
        open.add(part);
        return;
      }
    }
    closing.accept(part);
  }

  /** One has ended. */
  public synchronized void remove(T part) {
    open.remove(part);
  }

  /** Ends all that are open, each whatever comes of the others, and those to come. */
  @Override
  public void close() {
    List<T> all;
    synchronized (this) {
      closed = true;
      all = List.copyOf(open);
      open.clear();
    }
    ParallelWork.inTurn(all, closing);
  }
}
