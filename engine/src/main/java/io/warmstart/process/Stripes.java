package io.warmstart.process;

import io.warmstart.mapped.ControlLayout;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** All stripes of a root, as this process has them. Safe for all threads. */
final class Stripes {
  private final ReentrantLock[] local = new ReentrantLock[ControlLayout.STRIPES];
  private final @Nullable Stripe[] shared = new Stripe[ControlLayout.STRIPES];
  private final @Nullable Biases biases;

  /**
   * Makes the stripes of a root.
   *
   * @param table null for a root that this process cannot write to: there is nothing to share
   */
  Stripes(@Nullable ProcessTable table) {
    for (int stripe = 0; stripe < local.length; stripe++) {
      local[stripe] = new ReentrantLock();
    }
    biases = table == null ? null : new Biases(table);
    if (table != null && biases != null) {
      for (int stripe = 0; stripe < shared.length; stripe++) {
        shared[stripe] = new Stripe(stripe, table, biases);
      }
      biases.beat();
      table.afterHeartbeats(this::beat);
    }
  }

  /** The lock of this JVM: its threads queue without asking the kernel. */
  ReentrantLock local(int stripe) {
    return local[stripe];
  }

  /** What is shared among processes, for the thread that holds {@link #local}. */
  Stripe shared(int stripe) {
    return Objects.requireNonNull(shared[stripe]);
  }

  private void beat() {
    if (biases != null) {
      biases.beat();
      forEachBiased(Stripe::giveBackIfDue);
    }
  }

  /** Gives back all that is kept. */
  void close() {
    if (biases != null) {
      biases.close();
      forEachBiased(Stripe::close);
    }
  }

  /** Those that a thread of ours has just now are passed over. */
  private void forEachBiased(Consumer<Stripe> action) {
    for (int stripe = 0; stripe < shared.length; stripe++) {
      if (shared(stripe).isBiased() && local[stripe].tryLock()) {
        try {
          action.accept(shared(stripe));
        } finally {
          local[stripe].unlock();
        }
      }
    }
  }
}
