package io.warmstart.remote;

import io.warmstart.model.Digest256;
import io.warmstart.remote.copy.RemoteWriter;
import io.warmstart.runtime.DaemonThreads;
import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Removes objects from a remote, each time by a thread of its own: behind those who wait for the
 * remover to end, a removal would never begin.
 *
 * <p>One whose caller has gone removes no further object. What it had asked for by then may still
 * go, however late; so as long as it has not ended, nobody takes what he sees of the key there for
 * what will be there. Safe for all threads.
 */
final class RemoteRemovals {
  /** A remote that hangs is asked by no more threads than that. */
  private static final int MOST_UNDER_WAY = 4;

  private final RemoteWriter writer;
  private final Transfers transfers;
  private final Breaker writing;
  private final Set<Removal> underWay = ConcurrentHashMap.newKeySet();

  RemoteRemovals(RemoteWriter writer, Transfers transfers, Breaker writing) {
    this.writer = writer;
    this.transfers = transfers;
    this.writing = writing;
  }

  /** Whether something of a key is being removed, perhaps for a caller who has gone. */
  boolean isUnderWay(Digest256 key) {
    for (Removal each : underWay) {
      if (each.key.equals(key)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Removes a key's objects, or those of one run.
   *
   * @param runId null for all
   * @param mostNanos how long to wait; after that nothing more is removed
   * @return whether a version was there
   * @throws ExecutionException if that failed, of some perhaps
   */
  boolean run(Digest256 key, @Nullable String runId, long mostNanos)
      throws TimeoutException, ExecutionException {
    if (transfers.closed()) {
      throw new ExecutionException(new IOException("the store is closed"));
    }
    if (underWay.size() >= MOST_UNDER_WAY) {
      throw new TimeoutException("removals from there hang");
    }
    Removal removal = new Removal(key, runId);
    underWay.add(removal);
    boolean begun = false;
    try {
      DaemonThreads.named("warmstart-remote-removal").newThread(removal).start();
      begun = true;
    } catch (OutOfMemoryError e) {
      throw new ExecutionException(e);
    } finally {
      if (!begun) {
        underWay.remove(removal);
      }
    }
    return removal.await(System.nanoTime() + mostNanos);
  }

  private final class Removal implements Runnable {
    private final Digest256 key;
    private final @Nullable String runId;
    private final CompletableFuture<Boolean> answer = new CompletableFuture<>();

    private Removal(Digest256 key, @Nullable String runId) {
      this.key = key;
      this.runId = runId;
    }

    @Override
    public void run() {
      boolean any = false;
      Throwable failure = null;
      try {
        any = writer.remove(key, runId, answer::isDone) > 0;
        writing.succeeded();
      } catch (IOException | RuntimeException | Error e) {
        failure = e;
        if (!answer.isDone()) {
          transfers.failed(e, false, writing);
        }
      } finally {
        // Before its caller goes on, who may send what he keeps.
        underWay.remove(this);
        Transfers.complete(answer, any, failure);
      }
    }

    private boolean await(long untilNanos) throws TimeoutException, ExecutionException {
      while (true) {
        try {
          return Uninterrupted.get(answer, untilNanos);
        } catch (TimeoutException e) {
          // Unless it ends at this moment.
          if (answer.completeExceptionally(e)) {
            throw e;
          }
        }
      }
    }
  }
}
