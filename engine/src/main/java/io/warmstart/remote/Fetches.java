package io.warmstart.remote;

import io.warmstart.model.Digest256;
import io.warmstart.model.RemoteOptions;
import io.warmstart.model.SyncReport;
import io.warmstart.remote.copy.LocalEntries;
import io.warmstart.remote.copy.LocalEntries.ClosedException;
import io.warmstart.remote.copy.LocalException;
import io.warmstart.remote.copy.RemoteKey;
import io.warmstart.remote.copy.RemoteReader;
import io.warmstart.remote.store.ObjectStore;
import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Has what is better in a remote come here: for a lookup that misses, which waits for the deadline
 * at most, and in the background. Of those who want one key at a time one asks. Safe for all
 * threads.
 */
final class Fetches {
  private static final int MOST_LOOKS = 8;

  private final RemoteOptions options;
  private final ObjectStore store;
  private final LocalEntries local;
  private final RemoteReader reader;
  private final Transfers transfers;
  private final AskedKeys askedKeys;
  private final Breaker breaker = new Breaker();
  private final Map<Digest256, CompletableFuture<Boolean>> asking = new ConcurrentHashMap<>();
  private final AtomicLong fetched = new AtomicLong();

  /** When a request was last answered. */
  private volatile long progressedAtNanos = System.nanoTime();

  Fetches(
      RemoteOptions options,
      ObjectStore store,
      LocalEntries local,
      Transfers transfers,
      AskedKeys askedKeys) {
    this.options = options;
    this.store = store;
    this.local = local;
    this.reader = new RemoteReader(store, local, transfers::aside);
    this.transfers = transfers;
    this.askedKeys = askedKeys;
  }

  /** Whether a lookup that misses a key is to ask. */
  boolean isDue(Digest256 key) {
    return askedKeys.isDue(key);
  }

  /**
   * Has what is better there come here, for a lookup that missed.
   *
   * @return whether to look again: it was asked, and something may have come, for another caller
   *     perhaps
   */
  boolean ask(Digest256 key) {
    return isDue(key) && (askNow(key, null) || !breaker.open());
  }

  /**
   * The same, whenever it was asked last.
   *
   * @param runId of the run that is wanted; null for those that win by some ranking
   * @return whether something came; of a run, whether it may have come, for another caller perhaps
   */
  boolean askNow(Digest256 key, @Nullable String runId) {
    if (transfers.closed() || !breaker.allows()) {
      return false;
    }
    long deadline = System.nanoTime() + options.deadline().toNanos();
    if (runId != null) {
      return await(
          transfers.submit(
              () -> {
                fetch(key, runId);
                return true;
              },
              breaker),
          deadline);
    }
    boolean came = false;
    while (true) {
      // All that is needed to end it is made before others wait for it.
      CompletableFuture<Boolean> mine = new CompletableFuture<>();
      Transfer transfer = () -> fetch(key, null);
      Runnable ended = () -> asking.remove(key, mine);
      CompletableFuture<Boolean> others = asking.putIfAbsent(key, mine);
      if (others == null) {
        transfers.submit(mine, transfer, breaker, ended);
        return await(mine, deadline) || came;
      }
      // It may have been listed before what this caller knows to be there.
      came |= await(others, deadline);
      if (System.nanoTime() - deadline >= 0) {
        return came;
      }
    }
  }

  private boolean await(CompletableFuture<Boolean> answer, long deadlineNanos) {
    try {
      return Uninterrupted.get(answer, deadlineNanos);
    } catch (TimeoutException e) {
      // That others are being served is no sign that it is down.
      if (System.nanoTime() - progressedAtNanos >= options.deadline().toNanos()) {
        transfers.failed(e, true, breaker);
      }
      return false;
    } catch (ExecutionException e) {
      // It was told where it failed.
      return false;
    }
  }

  /**
   * Has what is better there come here.
   *
   * @param nanos how long to wait at most
   * @throws IOException if it has not come by then
   */
  void require(Digest256 key, long nanos) throws IOException {
    if (transfers.closed() || !breaker.allows()) {
      throw new IOException("the remote is not asked now: " + transfers.lastFailure());
    }
    Transfer whole =
        () -> {
          fetch(key, null);
          return true;
        };
    try {
      if (!Uninterrupted.get(transfers.submit(whole, breaker), System.nanoTime() + nanos)) {
        throw new IOException("what the remote has of a key has not come: key=" + key);
      }
    } catch (TimeoutException e) {
      throw new IOException("what the remote has of a key has not come in time: key=" + key, e);
    } catch (ExecutionException e) {
      throw new IOException("what the remote has of a key has not come: key=" + key, e.getCause());
    }
  }

  /** Of a key in use, in the background. What fails of it says nothing about what was sent. */
  void refresh(Digest256 key) {
    if (transfers.closed() || !askedKeys.isDue(key) || !breaker.allows()) {
      return;
    }
    try {
      fetch(key, null);
    } catch (ClosedException e) {
      // So is this.
    } catch (LocalException e) {
      transfers.failedHere(e);
    } catch (IOException | RuntimeException e) {
      transfers.failed(e, false, breaker);
    }
  }

  private boolean fetch(Digest256 key, @Nullable String runId) throws IOException {
    List<SyncReport.Item> items = new ArrayList<>();
    boolean whole = false;
    try {
      for (int look = 0; !whole && look < MOST_LOOKS; look++) {
        long removals = local.removals(key);
        RemoteKey listing = RemoteKey.list(store, key);
        progressedAtNanos = System.nanoTime();
        whole =
            reader.fetch(key, listing, removals, RemoteReader.Wanted.WINNERS, runId, false, items);
        progressedAtNanos = System.nanoTime();
      }
    } finally {
      fetched.addAndGet(items.size());
    }
    breaker.succeeded();
    // What came may be evicted again, and what was being replaced is there in a moment.
    if (runId == null && whole && items.isEmpty()) {
      askedKeys.asked(key);
    }
    return !items.isEmpty();
  }

  Breaker breaker() {
    return breaker;
  }

  /** How many entries have come. */
  long fetched() {
    return fetched.get();
  }

  /** How many did not fit their manifests. */
  long refused() {
    return reader.refused();
  }
}
