package io.warmstart;

import io.warmstart.format.Digest256;
import io.warmstart.index.Coordination;
import io.warmstart.index.Counter;
import io.warmstart.index.SharedIndex;
import io.warmstart.io.BackgroundThread;
import java.io.IOException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * The engine's background thread: carries counters into the mapped process row, touches into the
 * manifests, and now and then sweeps, so that what foreign writers add is counted. It goes by the
 * root's policy: the options of one store concern nobody else, and end with it.
 */
final class Agent implements AutoCloseable {
  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
  private static final long TOUCH_EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** With the time that a sweep takes, within a minute. */
  private static final long SWEEP_EVERY_NANOS = TimeUnit.SECONDS.toNanos(45);

  /** The processes of a root do not all walk at once: the first that does spares the others. */
  private static final long MOST_JITTER_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** The same where only a sweep finds out what other machines have saved. */
  private static final long REMOTE_SWEEP_EVERY_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** A walk asks the server once for each key: it takes no more than this part of the time. */
  private static final int LEAST_PAUSE_FOR_SWEEP = 10;

  /** Between two walks while nobody knows the root's bytes. */
  private static final long RECOUNT_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** How long a hit waits to be told in its manifest, while the store is open. */
  private static final long TOUCH_DELAY_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** Or this part of the TTL, if that is shorter: who reads only manifests expires by them. */
  private static final int TOUCHES_IN_TTL = 8;

  private final Engine engine;
  private final TouchFlow touchFlow;
  private final BackgroundThread thread;
  private final long sweepEvery;

  // Of the thread.
  private long touchedAt;
  private long sweptAt;
  private long countedAt;
  private long pause;
  private long savesAtSweep;
  private @Nullable Coordination attached;

  private volatile boolean closed;

  Agent(Engine engine) {
    this.engine = engine;
    this.touchFlow = new TouchFlow(engine);
    this.sweepEvery =
        engine.besideOtherMachines()
            ? REMOTE_SWEEP_EVERY_NANOS
            : SWEEP_EVERY_NANOS + ThreadLocalRandom.current().nextLong(MOST_JITTER_NANOS);
    this.pause = sweepEvery;
    this.touchedAt = System.nanoTime();
    this.sweptAt = touchedAt;
    this.countedAt = touchedAt - RECOUNT_NANOS;
    this.thread = new BackgroundThread("warmstart-agent", this::run, Agent::show);
    this.thread.ensureRunning();
  }

  /** Starts the thread if it does not run: where none could be had before, or it has ended. */
  void ensureRunning() {
    thread.ensureRunning();
  }

  private void run() {
    LockSupport.parkNanos(TICK_NANOS);
    Thread.interrupted();
    engine.ensureLocksAreKept();
    tick();
  }

  /**
   * Shown as one that ends the thread; without whose heartbeats, though, this process would never
   * notice that the files it has mapped were replaced.
   */
  private static void show(Throwable error) {
    Thread thread = Thread.currentThread();
    thread.getUncaughtExceptionHandler().uncaughtException(thread, error);
  }

  private void tick() {
    engine.rootWatch.look();
    Coordination shared = engine.coordination().orElse(null);
    engine.counters.carryOver(shared);
    engine.foreignTouches.learn(shared);
    if (shared != null && shared != attached) {
      if (attached != null) {
        // For a while we were not alone with what we held.
        engine.records().doubt();
      }
      attached = shared;
    }
    SharedIndex index = engine.sharedIndex;
    if (index != null) {
      index.heartbeat();
    }
    engine.policy.refreshIfDue();
    long now = System.nanoTime();
    if (now - touchedAt >= TOUCH_EVERY_NANOS) {
      touchedAt = now;
      touchFlow.run(touchDelayNanos());
      engine.policy.trySetDefaultTtl();
    }
    if (engine.rootWatch.isGone()) {
      return;
    }
    if (closed) {
      // Whoever closes a store that has hardly been open does not wait for a listing of the root.
      return;
    }
    if (engine.records().totalBytes().isEmpty() && now - countedAt >= RECOUNT_NANOS) {
      countedAt = now;
      count();
      countedAt = System.nanoTime();
    }
    engine.unsettled.due(now).forEach(this::recover);
    long saves = engine.counters.own(Counter.SAVES);
    if (isSweepDue(now, saves)) {
      savesAtSweep = saves;
      sweptAt = now;
      sweep();
      sweptAt = System.nanoTime();
      pause = Math.max(sweepEvery, LEAST_PAUSE_FOR_SWEEP * (sweptAt - now));
    }
  }

  /**
   * Whether somebody should look what others have done to the root: on behalf of all, a process
   * that has saved to it. One that only looks up leaves it to those.
   */
  private boolean isSweepDue(long now, long saves) {
    long since = now - sweptAt;
    if (saves == 0 || since < pause) {
      return false;
    }
    boolean foreignStores = engine.foreignCheckNanos() < EvictFlow.NO_FOREIGN_STORES_NANOS;
    if (engine.besideOtherMachines() || !foreignStores) {
      // Of other machines only a sweep of ours knows; an idle process asks their server less often.
      return saves != savesAtSweep || (foreignStores && since >= SWEEP_EVERY_NANOS);
    }
    return isWalkOld();
  }

  /** Whether no process of this machine has walked the root for so long. */
  private boolean isWalkOld() {
    long walkedAt = engine.records().walkedAt();
    long age = SystemEpochNanoClock.INSTANCE.nanoTime() - walkedAt;
    return walkedAt == 0 || age >= sweepEvery || age < 0;
  }

  private long touchDelayNanos() {
    long ttlNanos = engine.policy.limits().ttlNanos();
    return ttlNanos > 0
        ? Math.min(TOUCH_DELAY_NANOS, ttlNanos / TOUCHES_IN_TTL)
        : TOUCH_DELAY_NANOS;
  }

  /** Completes the index, so that the first save that passes the budget need not. */
  private void count() {
    try {
      new RootWalk(engine, true, () -> closed).run();
    } catch (IOException e) {
      engine.counters.count(Counter.SWEEP_FAILURES);
    }
  }

  /** Judges what lookups have passed over, where no sweep comes by. */
  private void recover(Digest256 key) {
    try {
      RecoverFlow.recover(engine, engine.directory(key));
    } catch (IOException e) {
      engine.counters.count(Counter.SWEEP_FAILURES);
    }
  }

  private void sweep() {
    try {
      boolean foreignStores = engine.foreignCheckNanos() < EvictFlow.NO_FOREIGN_STORES_NANOS;
      EvictFlow.sweepInBackground(engine, foreignStores);
    } catch (StoreException e) {
      // Counted by the flow; the next save over the budget, or an explicit sweep, meets it again.
      return;
    }
  }

  /** Ends the thread and writes the touches that are left. */
  @Override
  public void close() {
    closed = true;
    thread.close();
    // A closed store that somebody holds on to keeps no file mapped.
    attached = null;
    touchFlow.run(0);
    clearAwayTheDead();
  }

  /**
   * A process that saves and ends before its first sweep is the only kind that some roots ever see:
   * it walks the root if another has died, once for each death.
   */
  private void clearAwayTheDead() {
    if (engine.counters.own(Counter.SAVES) == savesAtSweep || !engine.noticeDeaths()) {
      return;
    }
    engine.records().walkIsDue();
    try {
      new RootWalk(engine, true, () -> false).run();
    } catch (IOException e) {
      engine.counters.count(Counter.SWEEP_FAILURES);
      // This process then counts as dead itself, so that the next one walks.
      engine.leaveTraces();
    }
  }
}
