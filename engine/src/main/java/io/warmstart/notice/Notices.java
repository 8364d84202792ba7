package io.warmstart.notice;

import io.warmstart.model.EvictionReport;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreListener;
import io.warmstart.model.StoreTrouble;
import io.warmstart.model.StoreTrouble.Kind;
import io.warmstart.runtime.CallbackThread;
import io.warmstart.runtime.EngineLog;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tells the listeners of a root's stores, and the log, what happens in the background.
 *
 * <p>A caller may hold locks and be short of memory: so a listener is called by a thread of its
 * own, and the thread that tells of trouble gets no other.
 */
public final class Notices {
  private static final int MOST_WAITING = 1024;
  private static final long TELL_EVERY_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final List<StoreListener> listeners = new CopyOnWriteArrayList<>();
  private final CallbackThread thread = new CallbackThread("warmstart-listeners", MOST_WAITING);

  // Under the monitor.
  private final long[] toldAtNanos = new long[Kind.values().length];
  private long dropsToldAtNanos = System.nanoTime() - TELL_EVERY_NANOS;

  /** Makes one that has started no thread. */
  public Notices() {
    Arrays.fill(toldAtNanos, System.nanoTime() - TELL_EVERY_NANOS);
  }

  /** A store is open that has a listener. */
  public void add(StoreListener listener) {
    listeners.add(listener);
    thread.expectMore(true);
  }

  /** It is closed: nothing is told any more that waits. */
  public void remove(StoreListener listener) {
    listeners.remove(listener);
    thread.expectMore(!listeners.isEmpty());
  }

  /** A sweep has removed an entry. */
  public void removed(EvictionReport.Removed entry) {
    tell(listener -> listener.removed(entry));
  }

  /** Files were moved into quarantine. */
  public void quarantined(Fingerprint key, List<Path> files, String reason) {
    List<Path> copy = List.copyOf(files);
    tell(listener -> listener.quarantined(key, copy, reason));
  }

  /** Something has gone wrong. */
  public void trouble(Kind kind, String text, @Nullable Throwable cause) {
    EngineLog.warning(text, cause);
    try {
      tell(listener -> listener.trouble(new StoreTrouble(kind, text, cause)));
    } catch (RuntimeException | Error e) {
      // It may be a lack of memory that is told.
      dropped(e);
    }
  }

  /** The same of what is tried again and again: not more than once a minute. */
  public void troubleAgain(Kind kind, String text, @Nullable Throwable cause) {
    if (isDue(kind)) {
      trouble(kind, text, cause);
    }
  }

  /** Needs no memory. */
  @SuppressWarnings("EnumOrdinal")
  private synchronized boolean isDue(Kind kind) {
    long now = System.nanoTime();
    boolean due = now - toldAtNanos[kind.ordinal()] >= TELL_EVERY_NANOS;
    if (due) {
      toldAtNanos[kind.ordinal()] = now;
    }
    return due;
  }

  private void tell(Consumer<StoreListener> event) {
    for (StoreListener each : new LinkedHashSet<>(listeners)) {
      try {
        thread.execute(() -> call(each, event));
      } catch (RuntimeException | Error e) {
        // Too many wait, or no thread can be started.
        dropped(e);
      }
    }
  }

  private void call(StoreListener listener, Consumer<StoreListener> event) {
    if (!listeners.contains(listener)) {
      return;
    }
    try {
      event.accept(listener);
    } catch (RuntimeException | Error e) {
      EngineLog.warning("a listener has failed", e);
    }
  }

  private synchronized void dropped(Throwable because) {
    long now = System.nanoTime();
    if (now - dropsToldAtNanos >= TELL_EVERY_NANOS) {
      dropsToldAtNanos = now;
      EngineLog.warning("a listener is not told of everything", because);
    }
  }
}
