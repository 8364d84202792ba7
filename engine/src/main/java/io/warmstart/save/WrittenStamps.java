package io.warmstart.save;

import io.warmstart.format.Stamp;
import io.warmstart.index.SpaceLedger;
import io.warmstart.io.FileOps;
import io.warmstart.journal.JournalView;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.KeyListing;
import io.warmstart.ranking.Candidate;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.EpochNanoClock;

/**
 * The moments of writes, by the clock, but never before what the key has: what is saved last is the
 * latest, also when the clock ran ahead for a while, or is set back.
 *
 * <p>The key's slot in the index has its latest stamp, if it has a slot. It is a hint: where it
 * lies ahead, and no record in the journal has it, the manifests are read, and they decide. What
 * other machines have saved meanwhile is not in the index.
 *
 * <p>What lies in the journal is in no manifest yet, so it is asked as well.
 *
 * <p>Two writes of this process never have the same stamp. Safe for all threads.
 */
public final class WrittenStamps {
  private final FileOps ops;
  private final SpaceLedger ledger;
  private final JournalView journal;
  private final EpochNanoClock clock;

  /** By the clock. Under the monitor. */
  private long lastNanos;

  public WrittenStamps(FileOps ops, SpaceLedger ledger, JournalView journal, EpochNanoClock clock) {
    this.ops = ops;
    this.ledger = ledger;
    this.journal = journal;
    this.clock = clock;
  }

  /**
   * The written stamp of the next entry of a key: later than any that the key has, as far as the
   * processes of this machine have told.
   */
  Stamp next(KeyDirectory directory) throws IOException {
    return next(directory, ledger.latestWrittenNanos(directory.key()));
  }

  /**
   * The same for a caller that has asked the index.
   *
   * @param byIndex the key's latest stamp by its slot; 0 if it has none
   */
  Stamp next(KeyDirectory directory, long byIndex) throws IOException {
    long now = now();
    long latest = journalled(directory);
    if (Math.max(latest, byIndex) < now) {
      return Stamp.ofUnixNanos(now);
    }
    if (byIndex > 0 && byIndex <= latest && latest < Long.MAX_VALUE) {
      // A record explains what the index says: a clock that was set back costs a loop no reading.
      return Stamp.ofUnixNanos(latest + 1);
    }
    for (Candidate candidate : KeyListing.forLookup(ops, directory).candidates()) {
      latest = Math.max(latest, candidate.manifest().written().toUnixNanosSaturated());
    }
    // After the end of what a long holds nothing is later.
    return Stamp.ofUnixNanos(latest < now || latest == Long.MAX_VALUE ? now : latest + 1);
  }

  /** Where the journal cannot be looked at, the manifests and the clock must do. */
  private long journalled(KeyDirectory directory) {
    try {
      return journal.latestNanos(directory.key());
    } catch (IOException e) {
      return Long.MIN_VALUE;
    }
  }

  private synchronized long now() {
    long now = clock.nanoTime();
    if (now <= lastNanos && lastNanos - now < TimeUnit.SECONDS.toNanos(1)) {
      now = lastNanos + 1;
    }
    lastNanos = now;
    return now;
  }
}
