package io.warmstart.index;

import io.warmstart.runtime.BackgroundThread;
import io.warmstart.runtime.EngineLog;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.SystemEpochNanoClock;

/**
 * Looks whether programs that know no index have changed the files of what is in use, so that hits
 * need not: in the background, each entry about once in an interval. A look that any process has
 * made is good for all of them, so however many use a key, its files are looked at once.
 *
 * <p>What is in use are the entries that lookups of this process have {@linkplain #watch shown}
 * within the last seconds. The index is told of that here, too, once a second. All this takes a
 * quarter of one processor's time at most; where that does not do, looks come later, for all in
 * turn, and beyond a bound of theirs lookups look themselves.
 *
 * <p>Safe for all threads. Its thread runs while something is watched, and sleeps otherwise.
 */
public final class Lookout implements AutoCloseable {
  /** Who tells everybody of a use, by {@link Winners#tellUse} and else. */
  public interface Uses {
    /**
     * An entry was used.
     *
     * @param unixNanos when, the last time
     */
    void tell(HotEntry entry, long unixNanos);
  }

  /** So long a lookup goes by what a key object remembers: {@link Winners#recall}. */
  public static final long RECALLED_NANOS = TimeUnit.SECONDS.toNanos(3);

  private static final long IN_USE_NANOS = RECALLED_NANOS + TimeUnit.SECONDS.toNanos(1);
  private static final long TELL_EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long SHORTEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** So often an interval somebody asks whose turn it is. */
  private static final int ROUNDS_PER_INTERVAL = 4;

  /** A pause is so many times as long as the looking before it. */
  private static final int PAUSE_PER_LOOKING = 3;

  private static final long BEAT_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  private static final long LONGEST_LOOKING_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private final Winners winners;
  private final LongSupplier intervalNanos;
  private final EpochNanoClock clock;
  private final Uses uses;
  private final Runnable beat;
  private final Queue<HotEntry> shown = new ConcurrentLinkedQueue<>();
  private final BackgroundThread thread =
      new BackgroundThread(
          "warmstart-lookout",
          this::round,
          e -> EngineLog.warning("an error in the thread that looks at files, which goes on", e));

  // Under the monitor, inside which one look is made, or the index told of one use.
  private final List<HotEntry> watched = new ArrayList<>();
  private int next;

  // Of the thread.
  private long beatAt = System.nanoTime();

  private volatile boolean asleep;

  /**
   * Makes the lookout of one root.
   *
   * @param intervalNanos how old a look becomes, if there is time for all
   * @param clock that uses are told by
   * @param uses is told of them
   * @param beat what else to do four times a second while something is watched
   */
  public Lookout(
      Winners winners, LongSupplier intervalNanos, EpochNanoClock clock, Uses uses, Runnable beat) {
    this.winners = winners;
    this.uses = uses;
    this.beat = beat;
    this.intervalNanos = intervalNanos;
    this.clock = clock;
  }

  /**
   * From here on the entry's files are looked at, for as long as lookups tell of uses.
   *
   * @return whether they are: not if no thread can be started
   */
  public boolean watch(HotEntry entry) {
    if (entry.watched()) {
      return true;
    }
    if (!thread.ensureRunning()) {
      return false;
    }
    if (entry.beginWatch()) {
      shown.add(entry);
    }
    if (asleep) {
      thread.wake();
    }
    return true;
  }

  private void round() {
    if (takeShown() == 0) {
      sleep();
      return;
    }
    long interval = intervalNanos.getAsLong();
    long pause =
        Math.max(SHORTEST_PAUSE_NANOS, Math.min(interval, LONGEST_NANOS) / ROUNDS_PER_INTERVAL);
    long began = System.nanoTime();
    if (began - beatAt >= BEAT_NANOS) {
      beatAt = began;
      beat.run();
    }
    boolean all = look(interval - pause, began);
    long enough = PAUSE_PER_LOOKING * (System.nanoTime() - began);
    BackgroundThread.pause(all ? Math.max(pause, enough) : enough);
  }

  private synchronized int takeShown() {
    for (HotEntry entry = shown.poll(); entry != null; entry = shown.poll()) {
      watched.add(entry);
    }
    return watched.size();
  }

  /** Tells of all uses that nobody was told of yet. */
  public synchronized void tellUses() {
    takeShown();
    watched.forEach(entry -> tell(entry, 1));
  }

  private void sleep() {
    asleep = true;
    if (shown.isEmpty() && !thread.closed()) {
      LockSupport.park(this);
    }
    asleep = false;
  }

  /**
   * Once at each, or at as many as there is time for: the next round goes on there.
   *
   * @return whether at each
   */
  private boolean look(long agedNanos, long began) {
    int left = takeShown();
    while (left > 0 && System.nanoTime() - began < LONGEST_LOOKING_NANOS) {
      lookAtNext(agedNanos);
      left--;
    }
    return left == 0;
  }

  private synchronized void lookAtNext(long agedNanos) {
    if (watched.isEmpty()) {
      return;
    }
    int turn = next < watched.size() ? next : 0;
    // First: an error over this one must not keep the others waiting.
    next = turn + 1;
    HotEntry entry = watched.get(turn);
    if (isInUse(entry)) {
      tell(entry, TELL_EVERY_NANOS);
      winners.lookAt(entry, SystemEpochNanoClock.INSTANCE.nanoTime(), agedNanos);
    } else {
      drop(turn);
      tell(entry, 1);
    }
  }

  private void tell(HotEntry entry, long sinceNanos) {
    long used = entry.lastUse();
    if (used - entry.toldUse() >= sinceNanos) {
      uses.tell(entry, used);
    }
  }

  private boolean isInUse(HotEntry entry) {
    long idle = clock.nanoTime() - entry.lastUse();
    return entry.attached() != null && idle < IN_USE_NANOS && idle > -IN_USE_NANOS;
  }

  /** The last one comes into its place, and has its turn next. */
  private void drop(int turn) {
    watched.get(turn).watched(false);
    HotEntry last = watched.remove(watched.size() - 1);
    if (turn < watched.size()) {
      watched.set(turn, last);
    }
    next = turn;
  }

  /** Ends the thread. What is watched is not looked at any more. */
  @Override
  public void close() {
    thread.close();
    synchronized (this) {
      tellUses();
      watched.forEach(entry -> entry.watched(false));
      watched.clear();
    }
  }
}
