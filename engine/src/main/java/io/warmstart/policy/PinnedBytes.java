package io.warmstart.policy;

import io.warmstart.format.Candidate;
import io.warmstart.index.SpaceLedger;
import io.warmstart.io.FileOps;
import io.warmstart.model.Digest256;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.KeyListing;
import io.warmstart.pair.RootDirectory;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/**
 * What the pinned entries take up: what is saved must fit beside them. Safe for all threads.
 *
 * <p>Pins of other processes are seen by the next look of the background, within a second; a save
 * that would be refused looks itself.
 */
public final class PinnedBytes {
  private final RootDirectory root;
  private final SpaceLedger ledger;
  private final Pins pins;
  private volatile long known;

  public PinnedBytes(RootDirectory root, SpaceLedger ledger, Pins pins) {
    this.root = root;
    this.ledger = ledger;
    this.pins = pins;
  }

  /** As of the last look. No system call. */
  public long known() {
    return known;
  }

  /** Looks what is pinned, and counts it. */
  public void refresh() throws IOException {
    known = sum(pins.look());
  }

  /** The same in the background: what cannot be looked at now is looked at the next time. */
  public void tryRefresh() {
    try {
      refresh();
    } catch (IOException e) {
      // A sweep, which must know, says so and removes nothing.
    }
  }

  /** What is pinned beside a run, whose next version takes the place of the one that it has. */
  public long beside(Digest256 key, String runId) throws IOException {
    Pins.Known pinned = pins.look();
    long all = sum(pinned);
    known = all;
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
    long sum = 0;
    KeyListing listing = KeyListing.withSizes(root.ops(), root.directory(key));
    for (Candidate each : listing.candidates()) {
      sum += listing.pairBytes(each.runId());
    }
    return sum;
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
    } catch (NoSuchFileException e) {
      return 0;
    }
  }
}
