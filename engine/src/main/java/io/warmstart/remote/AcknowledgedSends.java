package io.warmstart.remote;

import io.warmstart.format.Run;
import io.warmstart.model.Digest256;
import io.warmstart.remote.copy.LocalEntries.ClosedException;
import io.warmstart.remote.copy.LocalException;
import io.warmstart.remote.copy.RemoteWriter.Sent;
import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Saves that the remote is to acknowledge: each is sent by itself, at once, whatever else is due,
 * and it is known for a while whether it is there.
 *
 * <p>Who waits is told that it is not there if the wait is over, the remote cannot be used, or the
 * entry has been evicted meanwhile. It stays due all the same, and is known to be there once a
 * later round has sent it.
 *
 * <p>Safe for all threads.
 */
final class AcknowledgedSends implements AutoCloseable {
  /** So many are remembered; of an older one it is not known any more. */
  private static final int MOST_KNOWN = 1 << 12;

  /** A save that has returned here, and asks. */
  static final class Asked {
    private final CompletableFuture<Boolean> answer = new CompletableFuture<>();
    private volatile boolean there;

    /** The remote has it, or a later version of its run. */
    void isThere() {
      there = true;
      answer.complete(true);
    }
  }

  /** The remote, as far as it is needed here. */
  interface Sender {
    /** Whether anybody is to wait for it now. */
    boolean allows();

    /** Has a thread send; what comes of it completes the answer. */
    void submit(CompletableFuture<Boolean> answer, Transfer transfer);

    /** Sends the version that a run has now. */
    Sent send(Digest256 key, String runId) throws IOException;

    /** An attempt has failed; returns whether to try again. */
    boolean failed(IOException failure);

    /** Nothing was answered for as long as somebody has waited. */
    void late(TimeoutException failure);
  }

  private final Sender sender;
  private final long mostNanos;

  // Under the monitor.
  private final Map<Run, Asked> asked =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Run, Asked> eldest) {
          return size() > MOST_KNOWN;
        }
      };

  /** Whether there are any: the saves of a caller that never asks share nothing with others. */
  private volatile boolean any;

  private volatile long answeredAtNanos = System.nanoTime();

  /**
   * Makes it.
   *
   * @param mostNanos for how long somebody waits
   */
  AcknowledgedSends(Sender sender, long mostNanos) {
    this.sender = sender;
    this.mostNanos = mostNanos;
  }

  /** A save to a run has returned: of the one before nothing is to be said any more. */
  void saved(Digest256 key, String runId) {
    if (any) {
      synchronized (this) {
        asked.remove(new Run(key, runId));
      }
    }
  }

  /**
   * What was asked for of a key, and is not known to be there: by run. To be taken before the key's
   * entries are read.
   */
  Map<String, Asked> waiting(Digest256 key) {
    if (!any) {
      return Map.of();
    }
    Map<String, Asked> waiting = new HashMap<>();
    synchronized (this) {
      asked.forEach(
          (run, each) -> {
            if (!each.there && run.key().equals(key)) {
              waiting.put(run.runId(), each);
            }
          });
    }
    return waiting;
  }

  /** Whether the remote is known to have what was last saved to a run, or a later version. */
  boolean isThere(Digest256 key, String runId) {
    Asked last;
    synchronized (this) {
      last = asked.get(new Run(key, runId));
    }
    return last != null && last.there;
  }

  /**
   * What is removed is there no more.
   *
   * @param runId null for all of the key
   */
  synchronized void removed(Digest256 key, @Nullable String runId) {
    asked
        .keySet()
        .removeIf(run -> run.key().equals(key) && (runId == null || runId.equals(run.runId())));
  }

  /** Nothing is sent any more: who waits is told. */
  @Override
  public void close() {
    List<Asked> waiting;
    synchronized (this) {
      waiting = List.copyOf(asked.values());
    }
    waiting.forEach(each -> each.answer.complete(each.there));
  }

  /** The remote has answered somebody. */
  void answered() {
    answeredAtNanos = System.nanoTime();
  }

  /**
   * Sends what was saved to a run, and waits until it is there.
   *
   * @return whether it is
   */
  boolean await(Digest256 key, String runId) {
    long start = System.nanoTime();
    Asked each = begin(key, runId);
    try {
      return Uninterrupted.get(each.answer, start + mostNanos);
    } catch (TimeoutException e) {
      late(start, e);
      return each.there;
    } catch (ExecutionException e) {
      // It was told where it failed.
      return false;
    }
  }

  /**
   * The same, for a caller that does not wait.
   *
   * @return completes when it is there, or the wait is over
   */
  CompletableFuture<Boolean> later(Digest256 key, String runId) {
    long start = System.nanoTime();
    Asked each = begin(key, runId);
    return each.answer
        .orTimeout(mostNanos, TimeUnit.NANOSECONDS)
        .handle(
            (there, failure) -> {
              if (failure instanceof TimeoutException e) {
                late(start, e);
              }
              return each.there;
            });
  }

  private void late(long start, TimeoutException failure) {
    // That others are being served, or a large payload is under way, is no sign that it is down.
    if (answeredAtNanos - start < 0) {
      sender.late(failure);
    }
  }

  private Asked begin(Digest256 key, String runId) {
    Asked each = new Asked();
    any = true;
    synchronized (this) {
      asked.put(new Run(key, runId), each);
    }
    if (sender.allows()) {
      sender.submit(each.answer, () -> send(key, runId, each));
    } else {
      each.answer.complete(false);
    }
    return each;
  }

  private boolean send(Digest256 key, String runId, Asked each) throws IOException {
    for (int attempt = 0; attempt < Transfers.MOST_ATTEMPTS && !each.answer.isDone(); attempt++) {
      if (attempt > 0) {
        LockSupport.parkNanos(Transfers.AGAIN_AFTER_NANOS);
      }
      try {
        Sent sent = sender.send(key, runId);
        if (sent == Sent.THERE) {
          each.isThere();
        }
        if (sent != Sent.REPLACED) {
          return sent == Sent.THERE;
        }
      } catch (ClosedException | LocalException e) {
        throw e;
      } catch (IOException e) {
        if (!sender.failed(e)) {
          return false;
        }
      }
    }
    return false;
  }
}
