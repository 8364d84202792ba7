package io.warmstart.engine;

import io.warmstart.foreign.ForeignTouches;
import io.warmstart.index.AbsentKeys;
import io.warmstart.index.Index;
import io.warmstart.index.SpaceLedger;
import io.warmstart.io.RootWatch;
import io.warmstart.journal.Adoption;
import io.warmstart.lookup.CensusRefresh;
import io.warmstart.model.Digest256;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreException;
import io.warmstart.policy.PinnedBytes;
import io.warmstart.policy.PolicyInForce;
import io.warmstart.process.ControlFile;
import io.warmstart.process.Counters;
import io.warmstart.process.Siblings;
import io.warmstart.recover.RecoverFlow;
import io.warmstart.recover.UnsettledKeys;
import io.warmstart.runtime.BackgroundThread;
import io.warmstart.save.AccessStampWriter;
import java.io.IOException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The engine's background thread: carries counters into the mapped process row, touches into the
 * manifests, adopts what the dead have left in the journal, lists large keys ahead of lookups, and
 * scans the root where that is due. It goes by the root's policy: the options of one store concern
 * nobody else, and end with it, but for the sweeps that its saves have left.
 */
final class Housekeeper implements AutoCloseable {
  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
  private static final long TOUCH_EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long ADOPT_EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);

  /**
   * Each process asks for the segments of all others: where they are as many as this, or more, each
   * asks less often, so that all together ask no more than as many times a second for each process.
   */
  private static final int MOST_SEGMENTS_ASKED_FOR = 16;

  /** How long a hit waits to be told in its manifest, while the store is open. */
  private static final long TOUCH_DELAY_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** Or this part of the TTL, if that is shorter: who reads only manifests expires by them. */
  private static final int TOUCHES_IN_TTL = 8;

  private final Siblings siblings;
  private final RootWatch rootWatch;
  private final Index index;
  private final AbsentKeys absentKeys;
  private final SpaceLedger ledger;
  private final RecoverFlow recoverFlow;
  private final AccessStampWriter accessStampWriter;
  private final PolicyInForce policy;
  private final PinnedBytes pinnedBytes;
  private final UnsettledKeys unsettled;
  private final CensusRefresh censusRefresh;
  private final ForeignTouches foreignTouches;
  private final Adoption adoption;
  private final DueScans dueScans;
  private final Counters counters;
  private final BackgroundThread thread;

  // Of the thread.
  private long touchedAt;
  private long adoptedAt;
  private long adoptPause = ADOPT_EVERY_NANOS;
  private @Nullable ControlFile attached;

  private volatile boolean closed;

  /** Makes the housekeeper of one root, and starts it. */
  Housekeeper(
      Siblings siblings,
      RootWatch rootWatch,
      Index index,
      AbsentKeys absentKeys,
      SpaceLedger ledger,
      RecoverFlow recoverFlow,
      AccessStampWriter accessStampWriter,
      PolicyInForce policy,
      PinnedBytes pinnedBytes,
      UnsettledKeys unsettled,
      CensusRefresh censusRefresh,
      ForeignTouches foreignTouches,
      Adoption adoption,
      DueScans dueScans,
      Counters counters) {
    this.siblings = siblings;
    this.rootWatch = rootWatch;
    this.index = index;
    this.absentKeys = absentKeys;
    this.ledger = ledger;
    this.recoverFlow = recoverFlow;
    this.accessStampWriter = accessStampWriter;
    this.policy = policy;
    this.pinnedBytes = pinnedBytes;
    this.unsettled = unsettled;
    this.censusRefresh = censusRefresh;
    this.foreignTouches = foreignTouches;
    this.adoption = adoption;
    this.dueScans = dueScans;
    this.counters = counters;
    this.touchedAt = System.nanoTime();
    this.adoptedAt = touchedAt - ADOPT_EVERY_NANOS;
    this.thread = new BackgroundThread("warmstart-agent", this::run, Housekeeper::show);
    this.thread.ensureRunning();
  }

  /** Starts the thread if it does not run: where none could be started before, or it has ended. */
  void ensureRunning() {
    thread.ensureRunning();
  }

  private void run() {
    BackgroundThread.pause(TICK_NANOS);
    siblings.ensureLocksAreKept();
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
    rootWatch.look();
    ControlFile shared = siblings.controlFile().orElse(null);
    counters.carryOver(shared);
    foreignTouches.learn(shared);
    if (shared != null && shared != attached) {
      if (attached != null) {
        // For a while we were not alone with what we held.
        ledger.doubt();
      }
      attached = shared;
    }
    index.heartbeat();
    policy.refreshIfDue();
    long now = System.nanoTime();
    if (now - touchedAt >= TOUCH_EVERY_NANOS) {
      touchedAt = now;
      accessStampWriter.run(touchDelayNanos());
      policy.tryToWrite();
      pinnedBytes.tryRefresh();
    }
    if (rootWatch.isGone()) {
      return;
    }
    if (closed) {
      // A thread that closes a store that has hardly been open does not wait for a listing of the
      // root.
      return;
    }
    dueScans.countIfDue(now, () -> closed);
    unsettled.due(now).forEach(this::recover);
    censusRefresh.run(() -> closed);
    if (now - adoptedAt >= adoptPause) {
      adoptedAt = now;
      adoptPause = pauseBeside(adopt());
    }
    dueScans.sweepIfDue(now);
    absentKeys.listIfDue();
  }

  private long touchDelayNanos() {
    long ttlNanos = policy.limits().ttlNanos();
    return ttlNanos > 0
        ? Math.min(TOUCH_DELAY_NANOS, ttlNanos / TOUCHES_IN_TTL)
        : TOUCH_DELAY_NANOS;
  }

  /** Judges what lookups have passed over, where no sweep comes by. */
  private void recover(Digest256 key) {
    try {
      recoverFlow.run(key);
    } catch (IOException e) {
      counters.count(StoreCounter.SWEEP_FAILURES);
    }
  }

  /**
   * Makes pairs of what dead processes have left in the journal.
   *
   * @return how many segments the living hold; 0 if that is unknown
   */
  private int adopt() {
    try {
      return adoption.run();
    } catch (IOException | StoreException e) {
      // It stays where it is, and is found there.
      counters.count(StoreCounter.JOURNAL_FAILURES);
      return 0;
    }
  }

  /** Until the next adoption: by chance, so that some process or other asks all the time. */
  static long pauseBeside(int segmentsOfTheLiving) {
    int times = segmentsOfTheLiving / MOST_SEGMENTS_ASKED_FOR;
    return times == 0
        ? ADOPT_EVERY_NANOS
        : ThreadLocalRandom.current()
            .nextLong(ADOPT_EVERY_NANOS, (2 * times + 1) * ADOPT_EVERY_NANOS);
  }

  /** Ends the thread and writes the touches that are left. */
  @Override
  public void close() {
    closed = true;
    thread.close();
    // A closed store that somebody holds on to keeps no file mapped.
    attached = null;
    accessStampWriter.run(0);
    adopt();
    dueScans.clearAwayTheDead();
    dueScans.finishWhatIsLeft();
    // A sweep may have made the room: a process that lives a moment only has no other chance.
    policy.tryToWrite();
  }
}
