package io.warmstart.index.table;

import static io.warmstart.mapped.IndexLayout.ENTRY_ACCESSED_OFFSET;
import static io.warmstart.mapped.IndexLayout.ENTRY_BYTES_OFFSET;
import static io.warmstart.mapped.IndexLayout.ENTRY_LAST_USE_OFFSET;
import static io.warmstart.mapped.IndexLayout.ENTRY_OBJECTIVE_OFFSET;
import static io.warmstart.mapped.IndexLayout.ENTRY_RUN_CAPACITY;
import static io.warmstart.mapped.IndexLayout.ENTRY_RUN_HASH_OFFSET;
import static io.warmstart.mapped.IndexLayout.ENTRY_RUN_OFFSET;
import static io.warmstart.mapped.IndexLayout.ENTRY_WRITTEN_OFFSET;

import io.warmstart.format.RunIds;
import io.warmstart.mapped.Checksums;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.agrona.concurrent.AtomicBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a record of {@link EntryTable} says of its entry: run, stamps, size, and what rankings go
 * by. Only the holder of the stripe stores it, but for what {@link #touch} does. Nothing here has a
 * check: whatever the bytes are, they are read as an entry, and no path is made of them but by a
 * run id that fits its hash.
 */
public final class EntryRecord {
  /** Beside the bytes, in one word: whether it is a final result. */
  private static final long FINAL = 1L << 63;

  private EntryRecord() {}

  /** Says whose record it is, before it is published. */
  static void putRunHash(Segment segment, int offset, long runHash) {
    segment.buffer.putLong(offset + ENTRY_RUN_HASH_OFFSET, runHash);
  }

  /** Of an entry that is known, too: a byte of its name may have been changed. */
  static void putFacts(AtomicBuffer buffer, int offset, EntryFacts facts) {
    byte[] name = facts.runId().getBytes(StandardCharsets.US_ASCII);
    byte[] cut = Arrays.copyOf(name, ENTRY_RUN_CAPACITY);
    buffer.putBytes(offset + ENTRY_RUN_OFFSET, cut, 0, cut.length);
    buffer.putLong(offset + ENTRY_BYTES_OFFSET, facts.bytes() | (facts.finalResult() ? FINAL : 0));
    buffer.putLong(offset + ENTRY_OBJECTIVE_OFFSET, Double.doubleToRawLongBits(facts.objective()));
    buffer.putLong(offset + ENTRY_WRITTEN_OFFSET, facts.writtenNanos());
    buffer.putLong(offset + ENTRY_LAST_USE_OFFSET, facts.lastUseNanos());
    buffer.putLongRelease(offset + ENTRY_ACCESSED_OFFSET, facts.accessed() ? 1 : 0);
  }

  /** Marks it as accessed. Needs no lock. */
  static void touch(Segment segment, int offset, long nowUnixNanos) {
    if (lastUse(segment, offset) < nowUnixNanos) {
      segment.buffer.putLongRelease(offset + ENTRY_LAST_USE_OFFSET, nowUnixNanos);
    }
    segment.buffer.putLongRelease(offset + ENTRY_ACCESSED_OFFSET, 1);
  }

  static long runHash(Segment segment, int offset) {
    return segment.buffer.getLong(offset + ENTRY_RUN_HASH_OFFSET);
  }

  /** Of manifest and payload. */
  static long bytes(AtomicBuffer buffer, int offset) {
    return buffer.getLong(offset + ENTRY_BYTES_OFFSET) & ~FINAL;
  }

  /** Unix nanoseconds. */
  static long lastUse(Segment segment, int offset) {
    return segment.buffer.getLong(offset + ENTRY_LAST_USE_OFFSET);
  }

  static boolean isAccessed(Segment segment, int offset) {
    return segment.buffer.getLong(offset + ENTRY_ACCESSED_OFFSET) != 0;
  }

  /** Takes what rankings go by, of one entry. */
  public interface RankedVisitor {
    void visit(
        Segment segment, int offset, long runHash, long written, double objective, boolean last);
  }

  /** Shows what rankings go by. */
  static void showRanked(Segment segment, int offset, RankedVisitor visitor) {
    visitor.visit(
        segment,
        offset,
        runHash(segment, offset),
        written(segment, offset),
        objective(segment, offset),
        isFinal(segment, offset));
  }

  /** What it adds to its key's census. */
  static long rankedHash(Segment segment, int offset) {
    return Checksums.ofRanked(
        runHash(segment, offset),
        written(segment, offset),
        objective(segment, offset),
        isFinal(segment, offset));
  }

  /** What rankings go by, of a run that it was found by. */
  static RecordedRun rankedRun(Segment segment, int offset, String runId) {
    return new RecordedRun(
        runId, written(segment, offset), objective(segment, offset), isFinal(segment, offset));
  }

  private static long written(Segment segment, int offset) {
    return segment.buffer.getLong(offset + ENTRY_WRITTEN_OFFSET);
  }

  private static double objective(Segment segment, int offset) {
    return Double.longBitsToDouble(segment.buffer.getLong(offset + ENTRY_OBJECTIVE_OFFSET));
  }

  private static boolean isFinal(Segment segment, int offset) {
    return segment.buffer.getLong(offset + ENTRY_BYTES_OFFSET) < 0;
  }

  /** What sweeps choose by. */
  static RecordedEntry read(Segment segment, int offset) {
    // Once: the hash that it is told by is the one that its run fits.
    long runHash = runHash(segment, offset);
    return new RecordedEntry(
        segment.keyAt(offset),
        runHash,
        runId(segment, offset, runHash),
        written(segment, offset),
        lastUse(segment, offset),
        isAccessed(segment, offset),
        objective(segment, offset),
        isFinal(segment, offset));
  }

  /** Its run; null if its id is too long to be recorded. */
  public static @Nullable String runId(Segment segment, int offset) {
    return runId(segment, offset, runHash(segment, offset));
  }

  /** It becomes a path: so only a legal one, and only the one that the hash is of. */
  private static @Nullable String runId(Segment segment, int offset, long runHash) {
    byte[] name = new byte[ENTRY_RUN_CAPACITY];
    segment.buffer.getBytes(offset + ENTRY_RUN_OFFSET, name);
    int length = 0;
    while (length < name.length && name[length] != 0) {
      length++;
    }
    String runId = new String(name, 0, length, StandardCharsets.US_ASCII);
    return RunIds.isValid(runId) && Checksums.ofRunId(runId) == runHash ? runId : null;
  }
}
