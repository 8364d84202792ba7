package io.warmstart.save;

import io.warmstart.io.BackgroundThread;
import io.warmstart.io.EngineLog;
import io.warmstart.io.ShutdownHook;
import io.warmstart.model.Backlog;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreException;
import io.warmstart.save.SaveFlow.Save;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Saves by a thread of the engine's, in the order in which they were handed in. What waits together
 * shares a sync of the journal.
 *
 * <p>No more waits than a bound: whoever hands in more waits for room. Where there is no thread to
 * be had the caller saves.
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

  private static final long TELL_EVERY_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** For so long a JVM that ends waits. */
  private static final long MOST_AT_END_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private record Run(Fingerprint key, String runId) {}

  /** A save that was handed in. */
  private static final class Waiting {
    private final SaveFlow flow;
    private final CompletableFuture<String> saved = new CompletableFuture<>();

    /** Under the lock until the thread has taken it. */
    private Save save;

    // Of the thread: what is to be finished, and what has become of it.
    private SaveFlow.@Nullable Begun begun;
    private boolean isSaved;
    private @Nullable Throwable failure;

    private Waiting(SaveFlow flow, Save save) {
      this.flow = flow;
      this.save = save;
    }

    private Run run() {
      return new Run(save.key(), save.runId());
    }

    private long length() {
      return save.source().length();
    }

    private void complete() {
      Throwable error = failure;
      if (isSaved) {
        saved.complete(save.runId());
        return;
      }
      if (begun != null) {
        // Something of ours has thrown.
        begun.abandon();
      }
      saved.completeExceptionally(
          error != null
              ? error
              : new StoreException(
                  "a save in the background was given up: key=" + save.key().toHex()));
    }
  }

  private final BackgroundThread thread =
      new BackgroundThread("warmstart-saves", this::round, this::tell);
  private final ShutdownHook atEnd =
      new ShutdownHook("warmstart-saves-end", () -> await(MOST_AT_END_NANOS));

  private final ReentrantLock lock = new ReentrantLock();

  /** Something has left the queue, or has ended. */
  private final Condition progress = lock.newCondition();

  // Under the lock.
  private final ArrayDeque<Waiting> queue = new ArrayDeque<>();

  /** What a later version of a run may take the place of: nothing of the run waits behind it. */
  private final Map<Run, Waiting> replaceable = new HashMap<>();

  private long waitingBytes;
  private long handedIn;
  private long ended;

  private volatile long toldAtNanos = System.nanoTime() - TELL_EVERY_NANOS;
  private volatile @Nullable Thread saver;

  /**
   * Hands in a save.
   *
   * @param save its payload belongs to the queue
   * @return completes when the save, or what has taken its place, has returned
   */
  public CompletableFuture<String> submit(SaveFlow flow, Save save, Backlog backlog) {
    flow.requireRoom(save);
    if (!atEnd.add() || !thread.ensureRunning()) {
      await(Long.MAX_VALUE);
      Waiting now = new Waiting(flow, save);
      begin(now);
      finish(now);
      now.complete();
      return now.saved;
    }
    CompletableFuture<String> saved = enqueue(flow, save, backlog);
    thread.wake();
    return saved;
  }

  private CompletableFuture<String> enqueue(SaveFlow flow, Save save, Backlog backlog) {
    Waiting made = new Waiting(flow, save);
    lock.lock();
    try {
      while (true) {
        Waiting before = backlog == Backlog.KEEP_LATEST ? replaceable.get(made.run()) : null;
        if (before != null && before.flow == flow) {
          waitingBytes += made.length() - before.length();
          before.save = save;
          return before.saved;
        }
        if (hasRoomFor(made.length()) || Thread.currentThread() == saver) {
          add(made, backlog);
          return made.saved;
        }
        progress.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean hasRoomFor(long length) {
    return queue.isEmpty()
        || (queue.size() < MOST_WAITING && waitingBytes + length <= MOST_WAITING_BYTES);
  }

  private void add(Waiting made, Backlog backlog) {
    queue.add(made);
    handedIn++;
    waitingBytes += made.length();
    if (backlog == Backlog.KEEP_LATEST) {
      replaceable.put(made.run(), made);
    } else {
      replaceable.remove(made.run());
    }
  }

  /** Waits until all has ended that was handed in before. */
  public void await() {
    await(Long.MAX_VALUE);
  }

  private void await(long mostNanos) {
    if (Thread.currentThread() == saver) {
      // In what depends on a save.
      boolean more = true;
      while (more) {
        more = saveSome();
      }
      return;
    }
    boolean interrupted = false;
    lock.lock();
    try {
      long until = handedIn;
      long left = mostNanos;
      while (ended < until && left > 0 && thread.ensureRunning()) {
        long began = System.nanoTime();
        try {
          progress.awaitNanos(Math.min(left, LOOK_NANOS));
        } catch (InterruptedException e) {
          interrupted = true;
        }
        left -= System.nanoTime() - began;
      }
    } finally {
      lock.unlock();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void round() {
    saver = Thread.currentThread();
    if (!saveSome()) {
      LockSupport.parkNanos(IDLE_NANOS);
      Thread.interrupted();
    }
  }

  /** Returns whether there was anything. By the thread. */
  private boolean saveSome() {
    List<Waiting> taken = new ArrayList<>();
    try {
      beginSome(taken);
      taken.forEach(this::finish);
    } finally {
      // What depends on them may come back here, by a flush: nothing of this round is left to do.
      taken.forEach(Waiting::complete);
      lock.lock();
      try {
        ended += taken.size();
        progress.signalAll();
      } finally {
        lock.unlock();
      }
    }
    return !taken.isEmpty();
  }

  /** As much as one sync is for. A save into files has taken its time: it is the last. */
  private void beginSome(List<Waiting> taken) {
    long bytes = 0;
    while (taken.size() < MOST_AT_ONCE && bytes < MOST_BYTES_AT_ONCE) {
      Waiting next = take();
      if (next == null) {
        return;
      }
      taken.add(next);
      bytes += next.length();
      if (begin(next)) {
        return;
      }
    }
  }

  private @Nullable Waiting take() {
    lock.lock();
    try {
      Waiting next = queue.poll();
      if (next != null) {
        waitingBytes -= next.length();
        replaceable.remove(next.run(), next);
        progress.signalAll();
      }
      return next;
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether it is in files already. */
  private boolean begin(Waiting each) {
    try {
      each.begun = each.flow.begin(each.save);
      return each.begun.isInFiles();
    } catch (RuntimeException | Error e) {
      fail(each, e);
      return false;
    }
  }

  private void finish(Waiting each) {
    SaveFlow.Begun begun = each.begun;
    each.begun = null;
    if (begun == null) {
      return;
    }
    try {
      begun.finish();
      each.isSaved = true;
    } catch (RuntimeException | Error e) {
      fail(each, e);
    }
  }

  /** The caller may look at what he was given or not. */
  private void fail(Waiting each, Throwable error) {
    each.failure = error;
    tell(error);
  }

  private void tell(Throwable error) {
    long now = System.nanoTime();
    if (now - toldAtNanos >= TELL_EVERY_NANOS) {
      toldAtNanos = now;
      EngineLog.warning("a save in the background has failed", error);
    }
  }

  /** Waits for all that was handed in. */
  @Override
  public void close() {
    await();
    thread.close();
    atEnd.remove();
  }
}
