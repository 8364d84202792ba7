package io.warmstart.journal;

import io.warmstart.index.Index;
import io.warmstart.io.FileSystemKind;
import io.warmstart.model.Digest256;
import io.warmstart.notice.Notices;
import io.warmstart.pair.RootDirectory;
import io.warmstart.process.Placement;
import io.warmstart.process.Siblings;
import io.warmstart.segment.JournalEntry;
import io.warmstart.segment.SegmentFiles;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.agrona.concurrent.EpochNanoClock;

/**
 * Where the journal of a root lies and whether there can be one now: whose its segments are, how
 * large they may be, and how others learn of them. Safe for all threads.
 */
public final class JournalPlace {
  /** No sync takes so long while its process lives. */
  private static final long LEFT_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final long LEAST_BUDGET_BYTES = 64L << 20;

  /** Of the root's budget, on top of it. */
  private static final long PART_OF_BUDGET = 8;

  static final int MOST_LENGTH = 16 << 20;
  private static final int LEAST_LENGTH = 1 << 20;

  /** The first segments are not so large that the fortieth process would find no room. */
  private static final long PARTS_OF_ROOM = 10;

  private final SegmentFiles files;
  private final Siblings siblings;
  private final Index index;
  private final LongSupplier budgetBytes;
  private final BooleanSupplier foreignProgramsAreNear;
  private final EpochNanoClock clock;
  private final boolean readOnly;
  private final boolean readable;
  private final boolean writable;

  /**
   * Makes the place of one root.
   *
   * @param place where the root's locks lie: elsewhere than in the root, there is no journal
   * @param budgetBytes the root's budget
   * @param foreignProgramsAreNear whether programs read the root that know no journal
   * @param readOnly whether this process only reads, and adopts nothing
   * @param notices is told what happens to segments
   */
  public JournalPlace(
      RootDirectory root,
      Placement place,
      Siblings siblings,
      Index index,
      LongSupplier budgetBytes,
      BooleanSupplier foreignProgramsAreNear,
      boolean readOnly,
      EpochNanoClock clock,
      Notices notices) {
    this.files = new SegmentFiles(root.ops(), place.directory(), notices);
    this.siblings = siblings;
    this.index = index;
    this.budgetBytes = budgetBytes;
    this.foreignProgramsAreNear = foreignProgramsAreNear;
    this.readable = !place.nodeLocal();
    this.writable = readable && FileSystemKind.overwritesInPlace(root.path());
    this.readOnly = readOnly;
    this.clock = clock;
  }

  SegmentFiles files() {
    return files;
  }

  /** Whether there can be segments, also of a root that was copied to another file system. */
  boolean isReadable() {
    return readable;
  }

  /** Another value whenever a segment comes or goes; {@link JournalView#UNKNOWN} if untold. */
  long segmentsWord() {
    return index.segmentsWord();
  }

  /** Whether saves may go into the journal now. No system call. */
  boolean isUsable() {
    return writable
        && budgetBytes.getAsLong() >= LEAST_BUDGET_BYTES
        && !foreignProgramsAreNear.getAsBoolean()
        && siblings.controlFile().isPresent()
        && index.segmentsWord() != JournalView.UNKNOWN;
  }

  /** The boot id of all who share the root's locks. */
  long boot() {
    return siblings.boot();
  }

  /** Whether this process only reads the journal. */
  boolean readOnly() {
    return readOnly;
  }

  /** Whether a record that is not synced is of a process that is gone, for all a reader can see. */
  boolean isLeft(JournalEntry entry) {
    return readOnly && clock.nanoTime() - entry.writtenNanos() > LEFT_NANOS;
  }

  /** Through whom the segments' locks are taken. */
  Siblings siblings() {
    return siblings;
  }

  /** Something of a key is found that was not found before. */
  void changed(Digest256 key) {
    index.changed(key);
  }

  /** A segment has come or gone; returns whether all others learn of it. */
  boolean segmentsChanged() {
    return index.segmentsChanged();
  }

  /**
   * How long the next segment is to be.
   *
   * @param taken by all that there are
   * @return a power of two; 0 if there is no room for one
   */
  int lengthOfNext(long taken) {
    long room = budgetBytes.getAsLong() / PART_OF_BUDGET - taken;
    if (room < LEAST_LENGTH) {
      return 0;
    }
    long wanted = Long.highestOneBit(Math.max(LEAST_LENGTH, room / PARTS_OF_ROOM));
    return (int) Math.min(MOST_LENGTH, wanted);
  }
}
