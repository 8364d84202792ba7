package io.warmstart;

import io.warmstart.index.Counter;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The engine's background thread: carries counters into the mapped process row, touches into the
 * manifests, and now and then sweeps, so that what foreign writers add is counted.
 */
final class Agent implements AutoCloseable {
  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
  private static final long TOUCH_EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long SWEEP_EVERY_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** Between two rewrites of one manifest for its touches, while the store is open. */
  private static final long TOUCH_REWRITE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Engine engine;
  private final StoreOptions options;
  private final TouchFlow touchFlow;
  private final Thread thread;
  private volatile boolean closed;

  Agent(Engine engine, StoreOptions options) {
    this.engine = engine;
    this.options = options;
    this.touchFlow = new TouchFlow(engine);
    this.thread = new Thread(this::run, "warmstart-agent");
    this.thread.setDaemon(true);
    this.thread.start();
  }

  private void run() {
    long touchedAt = System.nanoTime();
    long sweptAt = touchedAt;
    long savesAtSweep = 0;
    while (!closed) {
      LockSupport.parkNanos(TICK_NANOS);
      Thread.interrupted();
      engine.counters.carryOver(engine.coordination().orElse(null));
      long now = System.nanoTime();
      if (now - touchedAt >= TOUCH_EVERY_NANOS) {
        touchedAt = now;
        touchFlow.run(TOUCH_REWRITE_NANOS);
      }
      long saves = engine.counters.own(Counter.SAVES);
      if (now - sweptAt >= SWEEP_EVERY_NANOS && saves != savesAtSweep) {
        sweptAt = now;
        savesAtSweep = saves;
        sweep();
      }
    }
  }

  private void sweep() {
    try {
      EvictFlow.sweep(engine, options);
    } catch (StoreException e) {
      // Counted by the flow; the next save over the budget, or an explicit sweep, meets it again.
      return;
    }
  }

  /** Ends the thread and writes the touches that are left. */
  @Override
  public void close() {
    closed = true;
    boolean interrupted = false;
    while (thread.isAlive()) {
      LockSupport.unpark(thread);
      try {
        thread.join(100);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    touchFlow.run(PendingTouches.TICK_NANOS);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
