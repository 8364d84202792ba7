package io.warmstart.remote;

import io.warmstart.format.VersionName;
import io.warmstart.model.Digest256;
import io.warmstart.model.RemoteComparison;
import io.warmstart.ranking.Candidate;
import io.warmstart.remote.copy.Catchup;
import io.warmstart.remote.copy.LocalEntries;
import io.warmstart.remote.copy.LocalException;
import io.warmstart.remote.copy.RemoteKey;
import io.warmstart.remote.store.ObjectStore;
import io.warmstart.runtime.DaemonThreads;
import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Looks whether a remote answers, and what of the root is not there: of the keys that have changed
 * since all were known to be there. Sends nothing. The look is a thread's own, which is not waited
 * for longer than its caller wants to: a server that is down may hang it for minutes.
 */
public final class CompareFlow {
  private static final Digest256 OF_NO_FIT = Digest256.fromHex("0".repeat(64));

  /** More than so many are looked up in one listing of all. */
  private static final int MOST_LISTED = 64;

  private final ObjectStore store;
  private final LocalEntries local;
  private final CountDownLatch ended = new CountDownLatch(1);

  // Written by the look, in this order.
  private volatile @Nullable Duration answered;
  private volatile @Nullable String failure;
  private volatile @Nullable Due due;

  private record Due(long entries, long bytes, @Nullable Instant oldest) {}

  public CompareFlow(ObjectStore store, LocalEntries local) {
    this.store = store;
    this.local = local;
  }

  /**
   * Looks. An interrupt does not end it, and is handed on.
   *
   * @param mostNanos how long to wait
   */
  public RemoteComparison run(long mostNanos) {
    long deadline = System.nanoTime() + mostNanos;
    DaemonThreads.named("warmstart-remote-look").newThread(this::look).start();
    boolean inTime =
        Uninterrupted.await(() -> ended.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS));
    Due found = due;
    String failed = failure;
    if (!inTime && failed == null && answered == null) {
      failed = "no answer in time";
    }
    return new RemoteComparison(
        store.name(),
        Optional.ofNullable(answered),
        Optional.ofNullable(failed),
        found == null ? OptionalLong.empty() : OptionalLong.of(found.entries),
        found == null ? OptionalLong.empty() : OptionalLong.of(found.bytes),
        found == null ? Optional.empty() : Optional.ofNullable(found.oldest));
  }

  private void look() {
    try {
      long start = System.nanoTime();
      RemoteKey.list(store, OF_NO_FIT);
      answered = Duration.ofNanos(System.nanoTime() - start);
      due = compare();
    } catch (IOException | RuntimeException | Error e) {
      failure = Transfers.described(e);
    } finally {
      ended.countDown();
    }
  }

  private Due compare() throws IOException {
    try {
      local.settleLeft();
    } catch (LocalException e) {
      // Of some runs; what else is due can be told.
      failure = "not all that was saved is in files: " + e.getMessage();
    }
    Set<Digest256> changed = Catchup.changed(store, local);
    Map<Digest256, RemoteKey> there = new HashMap<>();
    if (changed.size() > MOST_LISTED) {
      there.putAll(RemoteKey.listAll(store));
    } else {
      for (Digest256 key : changed) {
        there.put(key, RemoteKey.list(store, key));
      }
    }
    long entries = 0;
    long bytes = 0;
    Instant oldest = null;
    for (Digest256 key : changed) {
      RemoteKey listing = there.getOrDefault(key, RemoteKey.NOTHING);
      for (Candidate each : local.pairsOf(key)) {
        Optional<VersionName> version = VersionName.of(each.runId(), each.manifest());
        if (version.isPresent() && !listing.hasAsLate(version.get())) {
          entries++;
          bytes += each.manifest().payloadBytes();
          Instant written = each.manifest().written().toInstant();
          oldest = oldest == null || written.isBefore(oldest) ? written : oldest;
        }
      }
    }
    return new Due(entries, bytes, oldest);
  }
}
