package io.warmstart.policy;

import io.warmstart.index.SpaceLedger;
import io.warmstart.io.FileOps;
import io.warmstart.model.Digest256;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.KeyListing;
import io.warmstart.pair.RootDirectory;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the pinned entries take up: what is saved must fit beside them. Safe for all threads.
 *
 * <p>Pins of other processes are seen by the next look of the background, within a second, and what
 * they save under a pin within some seconds; a save that would be refused looks itself. What lies
 * in journals counts once it is a pair.
 */
public final class PinnedBytes {
  /** While the pins stay the same: to count many takes its time. */
  private static final long COUNT_EVERY_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final RootDirectory root;
  private final SpaceLedger ledger;
  private final Pins pins;
  private final AtomicLong known = new AtomicLong();

  // Of the thread that looks in the background.
  private Pins.Known counted = new Pins.Known(Set.of(), Map.of());
  private long countedAt = System.nanoTime();

  public PinnedBytes(RootDirectory root, SpaceLedger ledger, Pins pins) {
    this.root = root;
    this.ledger = ledger;
    this.pins = pins;
  }

  /** As of the last look, and with what this process has saved since. No system call. */
  public long known() {
    return known.get();
  }

  /** Something is about to be saved: it counts from now on if it is pinned, perhaps too much. */
  public void saving(Digest256 key, String runId, long bytes) {
    Pins.Known pinned = pins.known();
    if (!pinned.isEmpty() && pinned.covers(key, runId)) {
      known.addAndGet(bytes);
    }
  }

  /** Looks what is pinned, and counts it. */
  public void refresh() throws IOException {
    known.set(sum(pins.look()));
  }

  /** The same for a caller that only tells of it; 0 if it cannot be counted. */
  public long count() {
    try {
      return sum(pins.look());
    } catch (IOException e) {
      return 0;
    }
  }

  /** The same in the background: what cannot be looked at now is looked at the next time. */
  public void tryRefresh() {
    try {
      Pins.Known now = pins.look();
      if (!now.equals(counted) || System.nanoTime() - countedAt >= COUNT_EVERY_NANOS) {
        known.set(sum(now));
        counted = now;
        countedAt = System.nanoTime();
      }
    } catch (IOException e) {
      // A sweep, which must know, says so and removes nothing.
    }
  }

  /** What is pinned beside a run, whose next version takes the place of the one that it has. */
  public long beside(Digest256 key, String runId) throws IOException {
    Pins.Known pinned = pins.look();
    long all = sum(pinned);
    known.set(all);
    return pinned.covers(key, runId) ? all - bytesOf(key, runId) : all;
  }

  private long sum(Pins.Known pinned) throws IOException {
    long sum = 0;
    for (Digest256 key : pinned.keys()) {
      sum += bytesOf(key);
    }
    for (Map.Entry<Digest256, Set<String>> each : pinned.runs().entrySet()) {
      if (!pinned.keys().contains(each.getKey())) {
        for (String run : each.getValue()) {
          sum += bytesOf(each.getKey(), run);
        }
      }
    }
    return sum;
  }

  private long bytesOf(Digest256 key) throws IOException {
    long recorded = ledger.bytes(key);
    if (recorded > 0) {
      return recorded;
    }
    try {
      KeyListing listing = KeyListing.withSizes(root.ops(), root.directory(key));
      return listing.candidates().stream().mapToLong(each -> listing.pairBytes(each.runId())).sum();
    } catch (AccessDeniedException e) {
      // Another key's pins and saves are not to fail for it.
      return 0;
    }
  }

  private long bytesOf(Digest256 key, String runId) throws IOException {
    long recorded = ledger.entryBytes(key, runId);
    if (recorded > 0) {
      return recorded;
    }
    KeyDirectory directory = root.directory(key);
    return sizeOf(root.ops(), directory.manifest(runId))
        + sizeOf(root.ops(), directory.payload(runId));
  }

  private static long sizeOf(FileOps ops, Path path) throws IOException {
    try {
      return ops.stat(path).size();
    } catch (NoSuchFileException | AccessDeniedException e) {
      return 0;
    }
  }
}
