package io.warmstart.remote;

import io.warmstart.model.Digest256;
import io.warmstart.model.StoreException;
import io.warmstart.model.SyncReport;
import io.warmstart.remote.copy.Catchup;
import io.warmstart.remote.copy.LocalEntries;
import io.warmstart.remote.copy.LocalEntries.ClosedException;
import io.warmstart.remote.copy.LocalException;
import io.warmstart.remote.copy.RemoteKey;
import io.warmstart.remote.copy.RemoteWriter;
import io.warmstart.remote.store.DeniedKeyException;
import io.warmstart.remote.store.ObjectStore;
import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What goes from a root to its remote: the keys with entries that may not be there yet, in rounds,
 * and single runs whose savers wait. And what is removed there, while nothing is sent ({@link
 * RemoteRemovals}).
 *
 * <p>Safe for all threads; one round at a time.
 */
final class Pushes {
  private final ObjectStore store;
  private final LocalEntries local;
  private final RemoteWriter writer;
  private final Catchup catchup;
  private final Transfers transfers;
  private final AcknowledgedSends acknowledged;
  private final long mostNanos;

  /** Of its own: a remote that takes nothing, because it is full perhaps, may still be read. */
  private final Breaker writing = new Breaker();

  /**
   * Keys with entries that may not be there yet. They stay here while they are sent: where there is
   * no memory none is lost.
   */
  private final Map<Digest256, Due> due = new ConcurrentHashMap<>();

  /** A thread that sends holds it to read; one that holds it to write keeps others from sending. */
  private final ReentrantReadWriteLock pushing = new ReentrantReadWriteLock();

  private final RemoteRemovals removals;
  private final AtomicLong pushed = new AtomicLong();

  private enum Due {
    /** Since the last round began. */
    SAVED,
    /** Before that. */
    TAKEN
  }

  /** Of the rounds. */
  private boolean probing;

  /**
   * Makes those of one store.
   *
   * @param mostNanos how long a removal, or a saver, waits for the remote
   */
  Pushes(ObjectStore store, LocalEntries local, Transfers transfers, long mostNanos) {
    this.store = store;
    this.local = local;
    this.writer = new RemoteWriter(store, local);
    this.catchup = new Catchup(store, local, transfers::failedHere);
    this.transfers = transfers;
    this.acknowledged = new AcknowledgedSends(new RunSender(), mostNanos);
    this.removals = new RemoteRemovals(writer, transfers, writing);
    this.mostNanos = mostNanos;
  }

  AcknowledgedSends acknowledged() {
    return acknowledged;
  }

  /** Open while the remote takes nothing. */
  Breaker breaker() {
    return writing;
  }

  /**
   * A save to a run has returned.
   *
   * @param goesThere whether it is to go there
   */
  void saved(Digest256 key, String runId, boolean goesThere) {
    acknowledged.saved(key, runId);
    if (goesThere && due.get(key) != Due.SAVED) {
      due.put(key, Due.SAVED);
    }
  }

  boolean isDue(Digest256 key) {
    return due.containsKey(key);
  }

  int dueKeys() {
    return due.size();
  }

  /** Whether all that others had left has been looked at. */
  boolean caughtUp() {
    return catchup.done();
  }

  /** How many versions have gone there. */
  long pushed() {
    return pushed.get();
  }

  /** Sends what is due; returns whether all of it is there. */
  boolean run() throws IOException {
    // Before anything is looked at: what is saved from now on is due again.
    due.replaceAll((key, since) -> Due.TAKEN);
    List<Digest256> taken = List.copyOf(due.keySet());
    Set<Digest256> left = new HashSet<>(taken);
    // If it has been down, the first key tells whether it still is.
    probing = writing.open();
    boolean settled = settle();
    if (catchup.isDue()) {
      catchUp(left);
    }
    for (Digest256 key : taken) {
      if (push(key, null) && (settled || !local.isJournalled(key))) {
        due.remove(key, Due.TAKEN);
        left.remove(key);
      }
    }
    return left.isEmpty();
  }

  /**
   * Has what this process has saved become pairs; false if not all has. A run of which no pair can
   * be made keeps no key from going.
   */
  private boolean settle() throws IOException {
    try {
      local.settle();
      return true;
    } catch (LocalException e) {
      transfers.failedHere(e);
      return false;
    }
  }

  /** What fails of it here, it is tried again for, and keeps nothing from going meanwhile. */
  private void catchUp(Set<Digest256> left) throws IOException {
    try {
      for (Digest256 key : catchup.run(this::push)) {
        due.putIfAbsent(key, Due.TAKEN);
        left.add(key);
      }
    } catch (LocalException e) {
      transfers.failedHere(e);
    }
  }

  /**
   * Sends what is due of a key. What fails of one key does not keep others from going.
   *
   * @param listing what is there, if that is known
   */
  private boolean push(Digest256 key, @Nullable RemoteKey listing) throws IOException {
    if (writing.open() && !probing) {
      return false;
    }
    probing = false;
    List<SyncReport.Item> items = new ArrayList<>();
    Map<String, AcknowledgedSends.Asked> waiting = acknowledged.waiting(key);
    pushing.readLock().lock();
    try {
      if (removals.isUnderWay(key)) {
        // The next key tells whether the remote is back.
        probing = writing.open();
        return false;
      }
      RemoteKey there = listing == null ? RemoteKey.list(store, key) : listing;
      boolean all = writer.push(key, there, false, items, runId -> isThere(waiting.get(runId)));
      writing.succeeded();
      acknowledged.answered();
      return all;
    } catch (ClosedException e) {
      throw e;
    } catch (LocalException e) {
      transfers.failedHere(e);
      return false;
    } catch (DeniedKeyException e) {
      // The next key tells whether the remote is back.
      probing = writing.open();
      transfers.failed(e, false, writing);
      return false;
    } catch (IOException e) {
      transfers.failed(e, false, writing);
      if (!writing.open()) {
        transfers.tell(e);
      }
      return false;
    } finally {
      pushing.readLock().unlock();
      pushed.addAndGet(items.size());
    }
  }

  private static void isThere(AcknowledgedSends.@Nullable Asked asked) {
    if (asked != null) {
      asked.isThere();
    }
  }

  /** Sends single runs, beside the rounds. */
  private final class RunSender implements AcknowledgedSends.Sender {
    @Override
    public boolean allows() {
      return !transfers.closed() && writing.allows();
    }

    @Override
    public void submit(CompletableFuture<Boolean> answer, Transfer transfer) {
      transfers.submit(answer, transfer, writing, () -> {});
    }

    @Override
    public RemoteWriter.Sent send(Digest256 key, String runId) throws IOException {
      List<SyncReport.Item> items = new ArrayList<>();
      pushing.readLock().lock();
      try {
        if (removals.isUnderWay(key)) {
          return RemoteWriter.Sent.REPLACED;
        }
        RemoteKey there = RemoteKey.list(store, key);
        acknowledged.answered();
        RemoteWriter.Sent sent = writer.pushRun(key, runId, there, items);
        acknowledged.answered();
        writing.succeeded();
        return sent;
      } finally {
        pushing.readLock().unlock();
        pushed.addAndGet(items.size());
      }
    }

    @Override
    public boolean failed(IOException failure) {
      transfers.failed(failure, false, writing);
      return !(failure instanceof DeniedKeyException) && !transfers.closed() && !writing.open();
    }

    @Override
    public void late(TimeoutException failure) {
      transfers.failed(failure, true, writing);
    }
  }

  /**
   * Removes a key's entries, or those of one run: there first, or they would come back. Nothing
   * goes there meanwhile.
   *
   * @param runId null for all
   * @param here removes them here
   * @return what {@code here} says
   * @throws StoreException if the remote could not be asked: it may have removed some
   */
  int remove(Digest256 key, @Nullable String runId, IntSupplier here) {
    boolean held = false;
    boolean ended = false;
    try {
      held = lockedForRemoval();
      if (!held) {
        throw new TimeoutException("something is on its way there");
      }
      acknowledged.removed(key, runId);
      removals.run(key, runId, mostNanos);
      int removed = 0;
      int attempts = 0;
      do {
        removed += local.remove(key, here);
        // What another store of the root was sending, which others may have fetched by now.
      } while (removals.run(key, runId, mostNanos) && ++attempts < Transfers.MOST_ATTEMPTS);
      ended = true;
      return removed;
    } catch (TimeoutException | ExecutionException e) {
      throw new StoreException(
          "not all was removed, for the remote cannot be asked and would bring it back:"
              + " remote="
              + store.name(),
          e);
    } finally {
      if (held) {
        try {
          if (!ended) {
            isDueAgain(key);
          }
        } finally {
          pushing.writeLock().unlock();
        }
      }
    }
  }

  /** The remote may have lost what is here still. */
  private void isDueAgain(Digest256 key) {
    due.put(key, Due.SAVED);
    try {
      // Should this process not live to send it: the key's directory tells nothing of it.
      local.forgetInRemote();
    } catch (ClosedException e) {
      // No failure: nobody is told.
    } catch (LocalException e) {
      transfers.failedHere(e);
    }
  }

  /** An interrupt does not end the wait: what is cancelled half-way may come back. */
  private boolean lockedForRemoval() {
    long deadline = System.nanoTime() + mostNanos;
    return Uninterrupted.await(
        () ->
            pushing
                .writeLock()
                .tryLock(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS));
  }
}
