package io.warmstart.engine;

import io.warmstart.evict.SweepFlow;
import io.warmstart.foreign.ForeignTouches;
import io.warmstart.index.AbsentKeys;
import io.warmstart.index.Index;
import io.warmstart.index.SpaceLedger;
import io.warmstart.io.BackgroundThread;
import io.warmstart.io.RootWatch;
import io.warmstart.journal.Adoption;
import io.warmstart.model.Digest256;
import io.warmstart.model.StoreException;
import io.warmstart.policy.PinnedBytes;
import io.warmstart.policy.PolicyInForce;
import io.warmstart.process.ControlFile;
import io.warmstart.process.Counter;
import io.warmstart.process.Counters;
import io.warmstart.process.Siblings;
import io.warmstart.recover.RecoverFlow;
import io.warmstart.recover.RootScan;
import io.warmstart.recover.UnsettledKeys;
import io.warmstart.save.AccessStampWriter;
import java.io.IOException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * The engine's background thread: carries counters into the mapped process row, touches into the
 * manifests, and now and then sweeps, so that what foreign writers add is counted. It goes by the
 * root's policy: the options of one store concern nobody else, and end with it, but for the sweeps
 * that its saves have left.
 */
final class Housekeeper implements AutoCloseable {
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
  private final RootScan rootScan;
  private final RecoverFlow recoverFlow;
  private final SweepFlow sweepFlow;
  private final AccessStampWriter accessStampWriter;
  private final PolicyInForce policy;
  private final PinnedBytes pinnedBytes;
  private final UnsettledKeys unsettled;
  private final ForeignTouches foreignTouches;
  private final Adoption adoption;
  private final LongSupplier foreignCheckNanos;
  private final boolean besideOtherMachines;
  private final Counters counters;
  private final BackgroundThread thread;
  private final long sweepEvery;

  // Of the thread.
  private long touchedAt;
  private long sweptAt;
  private long countedAt;
  private long adoptedAt;
  private long adoptPause = ADOPT_EVERY_NANOS;
  private long pause;
  private long savesAtSweep;
  private @Nullable ControlFile attached;

  private volatile boolean closed;

  /**
   * Makes the housekeeper of one root, and starts it.
   *
   * @param foreignCheckNanos how seldom the stores of this process look for what others do
   */
  Housekeeper(
      Siblings siblings,
      RootWatch rootWatch,
      Index index,
      AbsentKeys absentKeys,
      SpaceLedger ledger,
      RootScan rootScan,
      RecoverFlow recoverFlow,
      SweepFlow sweepFlow,
      AccessStampWriter accessStampWriter,
      PolicyInForce policy,
      PinnedBytes pinnedBytes,
      UnsettledKeys unsettled,
      ForeignTouches foreignTouches,
      Adoption adoption,
      LongSupplier foreignCheckNanos,
      boolean besideOtherMachines,
      Counters counters) {
    this.siblings = siblings;
    this.rootWatch = rootWatch;
    this.index = index;
    this.absentKeys = absentKeys;
    this.ledger = ledger;
    this.rootScan = rootScan;
    this.recoverFlow = recoverFlow;
    this.sweepFlow = sweepFlow;
    this.accessStampWriter = accessStampWriter;
    this.policy = policy;
    this.pinnedBytes = pinnedBytes;
    this.unsettled = unsettled;
    this.foreignTouches = foreignTouches;
    this.adoption = adoption;
    this.foreignCheckNanos = foreignCheckNanos;
    this.besideOtherMachines = besideOtherMachines;
    this.counters = counters;
    this.sweepEvery =
        besideOtherMachines
            ? REMOTE_SWEEP_EVERY_NANOS
            : SWEEP_EVERY_NANOS + ThreadLocalRandom.current().nextLong(MOST_JITTER_NANOS);
    this.pause = sweepEvery;
    this.touchedAt = System.nanoTime();
    this.sweptAt = touchedAt;
    this.countedAt = touchedAt - RECOUNT_NANOS;
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
      policy.trySetDefaultTtl();
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
    if (ledger.totalBytes().isPresent()) {
      sweepWhatIsLeft();
    } else if (now - countedAt >= RECOUNT_NANOS) {
      countedAt = now;
      count(() -> closed);
      countedAt = System.nanoTime();
    }
    unsettled.due(now).forEach(this::recover);
    if (now - adoptedAt >= adoptPause) {
      adoptedAt = now;
      adoptPause = pauseBeside(adopt());
    }
    long saves = counters.own(Counter.SAVES);
    if (isSweepDue(now, saves)) {
      savesAtSweep = saves;
      sweptAt = now;
      sweep();
      sweptAt = System.nanoTime();
      pause = Math.max(sweepEvery, LEAST_PAUSE_FOR_SWEEP * (sweptAt - now));
    }
    absentKeys.listIfDue();
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
    boolean foreignStores = foreignCheckNanos.getAsLong() < SweepFlow.NO_FOREIGN_STORES_NANOS;
    if (besideOtherMachines || !foreignStores) {
      // Of other machines only a sweep of ours knows; an idle process asks their server less often.
      return saves != savesAtSweep || (foreignStores && since >= SWEEP_EVERY_NANOS);
    }
    return isWalkOld();
  }

  /** Whether no process of this machine has walked the root for so long. */
  private boolean isWalkOld() {
    long walkedAt = ledger.walkedAt();
    long age = SystemEpochNanoClock.INSTANCE.nanoTime() - walkedAt;
    return walkedAt == 0 || age >= sweepEvery || age < 0;
  }

  private long touchDelayNanos() {
    long ttlNanos = policy.limits().ttlNanos();
    return ttlNanos > 0
        ? Math.min(TOUCH_DELAY_NANOS, ttlNanos / TOUCHES_IN_TTL)
        : TOUCH_DELAY_NANOS;
  }

  /** Completes the index, so that the first save that passes the budget need not. */
  private void count(BooleanSupplier stopped) {
    try {
      if (rootScan.run(true, stopped).ended() || ledger.totalBytes().isPresent()) {
        sweepWhatIsLeft();
      }
    } catch (IOException e) {
      counters.count(Counter.SWEEP_FAILURES);
    }
  }

  private void sweepWhatIsLeft() {
    if (sweepFlow.isLeftToBackground()) {
      // The count may have taken long: what has another root's name by now is not ours to sweep.
      rootWatch.look();
      if (!rootWatch.isGone()) {
        sweepFlow.runWhatIsLeft(foreignCheckNanos.getAsLong());
      }
    }
  }

  /** Judges what lookups have passed over, where no sweep comes by. */
  private void recover(Digest256 key) {
    try {
      recoverFlow.run(key);
    } catch (IOException e) {
      counters.count(Counter.SWEEP_FAILURES);
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
      counters.count(Counter.JOURNAL_FAILURES);
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

  private void sweep() {
    try {
      long interval = foreignCheckNanos.getAsLong();
      sweepFlow.runInBackground(interval, interval < SweepFlow.NO_FOREIGN_STORES_NANOS);
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
    accessStampWriter.run(0);
    adopt();
    clearAwayTheDead();
    finishWhatIsLeft();
  }

  /** Does at the end what saves have left, if this process is the one to do so. For any thread. */
  void finishWhatIsLeft() {
    if (ledger.totalBytes().isPresent()) {
      // Others may have counted it, who know nothing of what is left.
      sweepWhatIsLeft();
    } else if (sweepFlow.isLeftToBackground() && siblings.alive() <= 1) {
      // Nobody else will: some roots only see processes that save and end.
      count(() -> ledger.totalBytes().isPresent());
    }
  }

  /**
   * A process that saves and ends before its first sweep is the only kind that some roots ever see:
   * it walks the root if another has died, once for each death.
   */
  private void clearAwayTheDead() {
    if (counters.own(Counter.SAVES) == savesAtSweep || !siblings.noticeDeaths()) {
      return;
    }
    ledger.walkIsDue();
    try {
      rootScan.run(true, () -> false);
    } catch (IOException e) {
      counters.count(Counter.SWEEP_FAILURES);
      // This process then counts as dead itself, so that the next one walks.
      ledger.walkIsDue();
      siblings.leaveTraces();
    }
  }
}
