package io.warmstart.save;

import io.warmstart.format.Run;
import io.warmstart.model.Backlog;
import io.warmstart.model.Durability;
import io.warmstart.model.StoreTrouble.Kind;
import io.warmstart.notice.Notices;
import io.warmstart.runtime.BackgroundThread;
import io.warmstart.runtime.CallbackRelay;
import io.warmstart.runtime.FirstTable;
import io.warmstart.runtime.ShutdownHook;
import io.warmstart.runtime.Uninterrupted;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Saves by a thread of the engine's, in the order in which they were handed in. What waits together
 * shares a sync of the journal.
 *
 * <p>No more waits than a bound: a caller that hands in more waits for room. Where no thread can be
 * started the caller saves.
 *
 * <p>What the callers have made depend on their saves runs on another thread: it may take its time,
 * hand in more and wait for that, close stores or end the JVM, and keeps no save from being made. A
 * thread that only waits for a save is let go by the thread that saves.
 *
 * <p>Safe for all threads.
 */
public final class AsyncSaves implements AutoCloseable {
  /** What may wait, of payloads; one that is larger waits alone. */
  public static final long MOST_WAITING_BYTES = 64L << 20;

  /** What may wait, in number. */
  public static final int MOST_WAITING = 1024;

  /** So many are begun before their sync: the first of them waits for the others. */
  private static final int MOST_AT_ONCE = 64;

  /** At most, of what is begun before a sync; what passes it is the last. */
  private static final long MOST_BYTES_AT_ONCE = 1 << 20;

  /** For so long a JVM that ends waits. */
  private static final long MOST_AT_END_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LOOK_MILLIS = 100;

  private final BackgroundThread thread =
      new BackgroundThread("warmstart-saves", this::round, this::tell);
  private final ShutdownHook atEnd =
      new ShutdownHook("warmstart-saves-end", () -> await(MOST_AT_END_NANOS));

  private final CallbackRelay callbacks =
      new CallbackRelay("warmstart-callbacks", this::tellAllStuck);

  // Under the monitor, which is notified when something has left the queue or has ended. It needs
  // no memory, as a lock of java.util.concurrent may.
  /** Has room for all from the start: one that finds no memory to grow in is empty afterwards. */
  private final ArrayDeque<WaitingSave> queue = new ArrayDeque<>(MOST_WAITING);

  /** What a later version of a run may take the place of: nothing of the run waits behind it. */
  private final Map<Run, WaitingSave> replaceable = FirstTable.of(new HashMap<>());

  private long waitingBytes;
  private long handedIn;
  private long ended;
  private volatile boolean closed;

  /**
   * Of the thread. Made ahead: what was taken from the queue must not be lost for lack of memory.
   */
  private final WaitingSave[] taken = new WaitingSave[MOST_AT_ONCE];

  private final Notices notices;

  /** Makes one that has started no thread. */
  public AsyncSaves(Notices notices) {
    this.notices = notices;
  }

  /**
   * Hands in a save.
   *
   * @param save its payload belongs to the queue
   * @return completes when the save, or what has taken its place, has returned; the caller's alone
   * @throws IllegalStateException if this is closed
   */
  public SavedStage submit(SaveFlow flow, Save save, Backlog backlog) {
    flow.requireRoom(save);
    WaitingSave made = new WaitingSave(flow, save);
    if (!atEnd.add() || !thread.ensureRunning()) {
      requireOpen();
      await(Long.MAX_VALUE);
      begin(made);
      finish(made);
      made.stage.complete();
      return made.stage.ofCaller(this::call);
    }
    SavedStage saved = enqueue(made, backlog).ofCaller(this::call);
    thread.wake();
    return saved;
  }

  private synchronized WaitingSave.Stage enqueue(WaitingSave made, Backlog backlog) {
    return Uninterrupted.await(
        () -> {
          while (true) {
            requireOpen();
            WaitingSave before = backlog == Backlog.KEEP_LATEST ? replaceable.get(made.run) : null;
            if (before != null && before.flow != made.flow) {
              before = null;
            }
            if (before != null && hasRoomInPlaceOf(before, made)) {
              waitingBytes += made.length() - before.length();
              before.save = made.save;
              // Of a smaller one others may have the rest.
              notifyAll();
              return before.stage;
            }
            if (before == null && hasRoomFor(made.length())) {
              add(made, backlog);
              return made.stage;
            }
            wait();
          }
        });
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the store is closed");
    }
  }

  private boolean hasRoomInPlaceOf(WaitingSave before, WaitingSave made) {
    long more = made.length() - before.length();
    return more <= 0 || queue.size() == 1 || waitingBytes + more <= MOST_WAITING_BYTES;
  }

  private boolean hasRoomFor(long length) {
    return queue.isEmpty()
        || (queue.size() < MOST_WAITING && waitingBytes + length <= MOST_WAITING_BYTES);
  }

  private void add(WaitingSave made, Backlog backlog) {
    queue.add(made);
    handedIn++;
    waitingBytes += made.length();
    // Last, should there be no memory: nothing may take the place of what is not in the queue.
    replaceable.remove(made.run);
    if (backlog == Backlog.KEEP_LATEST) {
      replaceable.put(made.run, made);
    }
  }

  /** Waits until all has ended that was handed in before. */
  public void await() {
    await(Long.MAX_VALUE);
  }

  private synchronized void await(long mostNanos) {
    long until = handedIn;
    long began = System.nanoTime();
    Uninterrupted.await(
        () -> {
          while (ended < until && System.nanoTime() - began < mostNanos && thread.ensureRunning()) {
            wait(LOOK_MILLIS);
          }
          return true;
        });
  }

  private void round() {
    int count = 0;
    try {
      count = beginSome();
      for (int each = 0; each < count; each++) {
        finishInJournal(taken[each]);
      }
      for (int each = 0; each < count; each++) {
        finishInFiles(each, count);
      }
    } finally {
      // Whatever was thrown, each that was taken ends here.
      for (int each = 0; each < MOST_AT_ONCE && taken[each] != null; each++) {
        WaitingSave next = taken[each];
        taken[each] = null;
        end(next);
      }
    }
    if (count == 0) {
      BackgroundThread.pause(IDLE_NANOS);
    }
  }

  /**
   * Takes as many as one sync is for. The first that the journal has not taken is the last: it is
   * saved after those before it.
   */
  private int beginSome() {
    int count = 0;
    long bytes = 0;
    while (count < MOST_AT_ONCE && bytes < MOST_BYTES_AT_ONCE && take(count)) {
      WaitingSave next = taken[count];
      count++;
      bytes += next.length();
      begin(next);
      if (next.begun == null || !next.begun.isJournalled()) {
        break;
      }
    }
    return count;
  }

  private synchronized boolean take(int place) {
    WaitingSave next = queue.poll();
    if (next == null) {
      return false;
    }
    taken[place] = next;
    waitingBytes -= next.length();
    replaceable.remove(next.run, next);
    notifyAll();
    return true;
  }

  private void begin(WaitingSave each) {
    try {
      each.begun = each.flow.begin(each.save);
    } catch (RuntimeException | Error e) {
      fail(each, e);
    }
  }

  private void finishInJournal(WaitingSave each) {
    try {
      each.stage.isSaved = each.begun != null && each.begun.finishInJournal();
    } catch (RuntimeException | Error e) {
      fail(each, e);
    }
  }

  /**
   * What the journal has not taken, or could not sync. It would get a later stamp than what was
   * handed in after it: so a version whose successor is saved already is not saved any more. That
   * one goes into files in its place, if a power cut may take it.
   */
  private void finishInFiles(int place, int count) {
    WaitingSave each = taken[place];
    if (each.stage.hasEnded() || each.begun == null) {
      return;
    }
    WaitingSave latest = each;
    boolean standsForIt = false;
    for (int later = place + 1; later < count; later++) {
      if (taken[later].stage.isSaved && taken[later].run.equals(each.run)) {
        latest = taken[later];
        standsForIt |= latest.save.durability() != Durability.PROCESS_SAFE;
      }
    }
    try {
      if (!standsForIt && latest.begun != null) {
        latest.begun.saveInFiles();
      }
      each.stage.isSaved = true;
    } catch (RuntimeException | Error e) {
      fail(each, e);
    }
  }

  private void finish(WaitingSave each) {
    try {
      if (each.begun != null) {
        each.begun.finish();
        each.stage.isSaved = true;
      }
    } catch (RuntimeException | Error e) {
      fail(each, e);
    }
  }

  private void end(WaitingSave each) {
    try {
      if (!each.stage.hasEnded() && each.begun != null) {
        each.begun.abandon();
      }
    } catch (RuntimeException | Error e) {
      fail(each, e);
    } finally {
      each.begun = null;
      complete(each);
      countEnded();
    }
  }

  private synchronized void countEnded() {
    ended++;
    notifyAll();
  }

  private void complete(WaitingSave each) {
    try {
      each.stage.complete();
    } catch (RuntimeException | Error e) {
      tell(e);
    }
  }

  /** Runs what belongs to a caller where all of that runs; here if none can be started. */
  public void call(Runnable callback) {
    try {
      callbacks.execute(callback);
    } catch (RuntimeException | Error e) {
      tell(e);
      callback.run();
    }
  }

  /** The caller may look at what he was given or not. */
  private void fail(WaitingSave each, Throwable error) {
    each.stage.failure = error;
    tell(error);
  }

  private void tell(Throwable error) {
    notices.troubleAgain(Kind.BACKGROUND_SAVE, "a save in the background has failed", error);
  }

  private void tellAllStuck() {
    notices.troubleAgain(
        Kind.STAGES,
        "no stage of a background save completes: what depends on others waits or works on all "
            + CallbackRelay.MOST_THREADS
            + " threads; what waits for other stages belongs on another executor"
            + " (thenAcceptAsync), or depends on them (thenCompose)",
        null);
  }

  /** Takes no more, and waits for all that was handed in. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    try (this.callbacks) {
      await();
    }
    thread.close();
    atEnd.remove();
  }
}
