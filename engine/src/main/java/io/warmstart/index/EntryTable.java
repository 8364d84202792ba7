package io.warmstart.index;

import static io.warmstart.mapped.IndexLayout.ENTRIES_OFFSET;
import static io.warmstart.mapped.IndexLayout.ENTRY_ACCESSED_OFFSET;
import static io.warmstart.mapped.IndexLayout.ENTRY_BYTES_OFFSET;
import static io.warmstart.mapped.IndexLayout.ENTRY_LAST_USE_OFFSET;
import static io.warmstart.mapped.IndexLayout.ENTRY_LENGTH;
import static io.warmstart.mapped.IndexLayout.ENTRY_OBJECTIVE_OFFSET;
import static io.warmstart.mapped.IndexLayout.ENTRY_RUN_CAPACITY;
import static io.warmstart.mapped.IndexLayout.ENTRY_RUN_HASH_OFFSET;
import static io.warmstart.mapped.IndexLayout.ENTRY_RUN_OFFSET;
import static io.warmstart.mapped.IndexLayout.ENTRY_WRITTEN_OFFSET;
import static io.warmstart.mapped.IndexLayout.GONE;
import static io.warmstart.mapped.IndexLayout.KEY_OFFSET;
import static io.warmstart.mapped.IndexLayout.USED;

import io.warmstart.format.RunIds;
import io.warmstart.mapped.Checksums;
import io.warmstart.model.Digest256;
import io.warmstart.process.StripeLocks;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import java.util.function.Predicate;
import org.agrona.concurrent.AtomicBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The entries of a root, as far as a sweep chooses by them: stamps, sizes, names.
 *
 * <p>The entries of a stripe lie in its {@link Segments}, all those of a key in one: so one entry
 * is found by a search, and all entries of a key in one segment, which is small unless the key has
 * as many.
 *
 * <p>What is recorded is a hint: before an entry is removed, its manifest is read under the lock.
 * One that is missing here is put in by the next walk of its key; one that is here but not on disk
 * is dropped when its turn comes. A record that no search finds, because a byte of it was changed,
 * is nobody's: no sweep is offered it, and the next segment is made without it.
 *
 * <p>Readers need no lock. Hits move the stamp without one; a stamp that goes into a place which
 * another entry has been given makes that one look used.
 */
final class EntryTable {
  private static final long FINAL = 1L << 63;

  private final StripeTotals totals;
  private final Segments segments;
  private final LocalChanges own;
  private final Segments.Mover mover = new Move();

  /**
   * Reads the entries of an index.
   *
   * @param own takes each change that is made here
   * @param pages gives out a number of adjacent pages of zeros: the first one's number, or 0
   */
  EntryTable(IndexFiles files, StripeTotals totals, LocalChanges own, IntUnaryOperator pages) {
    this.totals = totals;
    this.segments = new Segments(files, pages, ENTRIES_OFFSET, ENTRY_LENGTH);
    this.own = own;
  }

  /**
   * Records an entry, or what is new about it. The caller holds the key's stripe, shared.
   *
   * @return false if there is no room
   */
  boolean record(Digest256 key, EntryFacts facts) {
    long runHash = Checksums.ofRunId(facts.runId());
    SlotCursor at = new SlotCursor();
    boolean known = find(key, runHash, at);
    boolean recorded = put(known, key, facts, at);
    changed(key, runHash, recorded && !known ? 1 : 0);
    return recorded;
  }

  /**
   * Makes a key's entries the given ones. The caller holds its stripe, shared.
   *
   * @return false if there is no room for all
   */
  boolean recordAll(Digest256 key, Collection<EntryFacts> all) {
    boolean recorded = true;
    Set<Long> wanted = new HashSet<>();
    SlotCursor at = new SlotCursor();
    for (EntryFacts facts : all) {
      long runHash = Checksums.ofRunId(facts.runId());
      wanted.add(runHash);
      recorded &= put(find(key, runHash, at), key, facts, at);
    }
    forEachOf(
        key,
        (segment, offset) -> {
          if (!wanted.contains(runHash(segment, offset)) || !isFound(segment, offset)) {
            segment.setState(offset, GONE);
          }
        });
    totals.raiseChanges(StripeLocks.stripeOf(key));
    return recorded;
  }

  /** Counts a change of an entry, which is where it is now, or nowhere. */
  private void changed(Digest256 key, long runHash, int more) {
    int stripe = StripeLocks.stripeOf(key);
    long changes = totals.raiseChanges(stripe);
    if (own.wanted()) {
      own.add(
          new LocalChanges.Change(
              stripe, changes, more, RecordedEntry.id(key, runHash), read(key, runHash)));
    }
  }

  /** Returns false if there is no room. */
  private boolean put(boolean known, Digest256 key, EntryFacts facts, SlotCursor at) {
    if (known) {
      putFacts(at, facts);
      return true;
    }
    long runHash = Checksums.ofRunId(facts.runId());
    Segment segment = place(key, runHash, at);
    while (segment == null && segments.grow(key, mover)) {
      segment = place(key, runHash, at);
    }
    if (segment == null) {
      return false;
    }
    segment.setState(at.offset, GONE);
    segment.putKey(at.offset, key);
    segment.buffer.putLong(at.offset + ENTRY_RUN_HASH_OFFSET, runHash);
    putFacts(at, facts);
    segment.setState(at.offset, USED);
    return true;
  }

  private @Nullable Segment place(Digest256 key, long runHash, SlotCursor at) {
    Segment segment = segments.of(key);
    int offset = segment == null ? Segment.NONE : segment.vacant(home(key, runHash), used -> false);
    if (segment == null || offset == Segment.NONE) {
      return null;
    }
    at.moveTo(segment.file, offset);
    return segment;
  }

  /** Of an entry that is known, too: a byte of its name may have been changed. */
  private static void putFacts(SlotCursor at, EntryFacts facts) {
    AtomicBuffer buffer = at.buffer();
    byte[] name = facts.runId().getBytes(StandardCharsets.US_ASCII);
    byte[] cut = Arrays.copyOf(name, ENTRY_RUN_CAPACITY);
    buffer.putBytes(at.offset + ENTRY_RUN_OFFSET, cut, 0, cut.length);
    buffer.putLong(
        at.offset + ENTRY_BYTES_OFFSET, facts.bytes() | (facts.finalResult() ? FINAL : 0));
    buffer.putLong(
        at.offset + ENTRY_OBJECTIVE_OFFSET, Double.doubleToRawLongBits(facts.objective()));
    buffer.putLong(at.offset + ENTRY_WRITTEN_OFFSET, facts.writtenNanos());
    buffer.putLong(at.offset + ENTRY_LAST_USE_OFFSET, facts.lastUseNanos());
    buffer.putLongRelease(at.offset + ENTRY_ACCESSED_OFFSET, facts.accessed() ? 1 : 0);
  }

  /** Forgets an entry. The caller holds the key's stripe, shared. */
  void remove(Digest256 key, String runId) {
    remove(key, Checksums.ofRunId(runId));
  }

  /** Forgets an entry that is recorded and not there. The caller holds the stripe, shared. */
  void drop(RecordedEntry entry) {
    remove(entry.key(), entry.runHash());
  }

  private void remove(Digest256 key, long runHash) {
    Segment segment = segments.of(key);
    int offset = segment == null ? Segment.NONE : find(segment, key, runHash);
    if (segment != null && offset != Segment.NONE) {
      segment.setState(offset, GONE);
      changed(key, runHash, -1);
    }
  }

  /** Marks an entry as accessed. Needs no lock. */
  void touch(Digest256 key, String runId, long nowUnixNanos) {
    Segment segment = segments.of(key);
    int offset = segment == null ? Segment.NONE : find(segment, key, Checksums.ofRunId(runId));
    if (segment != null && offset != Segment.NONE) {
      if (segment.buffer.getLong(offset + ENTRY_LAST_USE_OFFSET) < nowUnixNanos) {
        segment.buffer.putLongRelease(offset + ENTRY_LAST_USE_OFFSET, nowUnixNanos);
      }
      segment.buffer.putLongRelease(offset + ENTRY_ACCESSED_OFFSET, 1);
    }
  }

  /**
   * When an entry was last accessed, as far as this machine knows. Needs no lock.
   *
   * @return unix nanoseconds; {@link Long#MIN_VALUE} if it is not recorded or was never accessed
   */
  long accessedNanos(Digest256 key, String runId) {
    RecordedEntry entry = read(key, Checksums.ofRunId(runId));
    return entry == null || !entry.accessed() ? Long.MIN_VALUE : entry.lastUseNanos();
  }

  /** The bytes that an entry is down for; -1 if it is not recorded. */
  long bytes(RecordedEntry entry) {
    return bytes(entry.key(), entry.runHash());
  }

  /** The same of a run. */
  long bytes(Digest256 key, String runId) {
    return bytes(key, Checksums.ofRunId(runId));
  }

  private long bytes(Digest256 key, long runHash) {
    SlotCursor at = new SlotCursor();
    return find(key, runHash, at)
        ? at.buffer().getLong(at.offset + ENTRY_BYTES_OFFSET) & ~FINAL
        : -1;
  }

  /** What is recorded of an entry by now; null if nothing. */
  @Nullable RecordedEntry readAgain(RecordedEntry entry) {
    return read(entry.key(), entry.runHash());
  }

  /** The entries of a stripe. */
  List<RecordedEntry> entries(int stripe) {
    List<RecordedEntry> entries = new ArrayList<>();
    segments.forEach(stripe, (segment, offset) -> addFound(segment, offset, entries));
    return entries;
  }

  /** The entries of a key. */
  List<RecordedEntry> entriesOf(Digest256 key) {
    List<RecordedEntry> entries = new ArrayList<>();
    forEachOf(key, (segment, offset) -> addFound(segment, offset, entries));
    return entries;
  }

  /** Takes what rankings go by, of one entry. */
  interface RankedVisitor {
    void visit(
        Segment segment, int offset, long runHash, long written, double objective, boolean last);
  }

  /** Shows what rankings go by, of each entry of a key. */
  void forEachRanked(Digest256 key, RankedVisitor visitor) {
    forEachOf(key, (segment, offset) -> showRanked(segment, offset, visitor));
  }

  private static void showRanked(Segment segment, int offset, RankedVisitor visitor) {
    AtomicBuffer buffer = segment.buffer;
    visitor.visit(
        segment,
        offset,
        buffer.getLong(offset + ENTRY_RUN_HASH_OFFSET),
        buffer.getLong(offset + ENTRY_WRITTEN_OFFSET),
        Double.longBitsToDouble(buffer.getLong(offset + ENTRY_OBJECTIVE_OFFSET)),
        buffer.getLong(offset + ENTRY_BYTES_OFFSET) < 0);
  }

  private static long rankedHash(Segment segment, int offset) {
    long[] hash = new long[1];
    showRanked(
        segment,
        offset,
        (same, at, runHash, written, objective, last) ->
            hash[0] = Checksums.ofRanked(runHash, written, objective, last));
    return hash[0];
  }

  /** What a run adds to its key's census; 0 if it is not recorded. */
  long rankedHash(Digest256 key, long runHash) {
    Segment segment = segments.of(key);
    int offset = segment == null ? Segment.NONE : find(segment, key, runHash);
    return segment == null || offset == Segment.NONE ? 0 : rankedHash(segment, offset);
  }

  /** The sum over a key's entries. */
  long rankedSum(Digest256 key) {
    long[] sum = new long[1];
    forEachRanked(
        key,
        (segment, offset, runHash, written, objective, last) ->
            sum[0] += Checksums.ofRanked(runHash, written, objective, last));
    return sum[0];
  }

  /** One run, by what rankings go by; null if it is not recorded. */
  @Nullable RecordedRun rankedRun(Digest256 key, String runId) {
    long hash = Checksums.ofRunId(runId);
    Segment segment = segments.of(key);
    int offset = segment == null ? Segment.NONE : find(segment, key, hash);
    if (segment == null || offset == Segment.NONE) {
      return null;
    }
    RecordedRun[] run = new RecordedRun[1];
    showRanked(
        segment,
        offset,
        (same, at, runHash, written, objective, last) ->
            run[0] = new RecordedRun(runId, written, objective, last));
    return run[0];
  }

  private void addFound(Segment segment, int offset, List<RecordedEntry> entries) {
    if (isFound(segment, offset)) {
      entries.add(read(segment, offset));
    }
  }

  private void forEachOf(Digest256 key, Segments.Visitor visitor) {
    Segment segment = segments.of(key);
    if (segment != null) {
      segment.forEachUsed(
          offset -> {
            if (segment.isOf(offset, key)) {
              visitor.visit(segment, offset);
            }
          });
    }
  }

  /** What a pass over a stripe's entries finds. */
  static final class Pass {
    private final EvictionShortlist first;
    private final Predicate<RecordedEntry> spared;
    private long oldestUse = Long.MAX_VALUE;
    private int count;

    /**
     * Makes a pass.
     *
     * @param first empty, takes the first in the order of eviction
     * @param spared whether an entry that would be among them is not to be
     */
    Pass(EvictionShortlist first, Predicate<RecordedEntry> spared) {
      this.first = first;
      this.spared = spared;
    }

    /** The oldest last use; the largest number if there is no entry. */
    long oldestUse() {
      return oldestUse;
    }

    int count() {
      return count;
    }
  }

  /**
   * Passes over a stripe's entries. Only one that may be among the first is looked at whole.
   *
   * @param passedOver the ids of entries that are left out
   */
  void pass(int stripe, Set<Long> passedOver, Pass into) {
    segments.forEach(stripe, (segment, offset) -> consider(segment, offset, passedOver, into));
  }

  private void consider(Segment segment, int offset, Set<Long> passedOver, Pass into) {
    long use = segment.buffer.getLong(offset + ENTRY_LAST_USE_OFFSET);
    boolean accessed = segment.buffer.getLong(offset + ENTRY_ACCESSED_OFFSET) != 0;
    into.count++;
    into.oldestUse = Math.min(into.oldestUse, use);
    if (into.first.isLate(accessed, use)) {
      into.first.leaveOut();
    } else if (isFound(segment, offset)) {
      RecordedEntry entry = read(segment, offset);
      if (!passedOver.contains(entry.id()) && !into.spared.test(entry)) {
        into.first.add(entry);
      }
    }
  }

  private boolean find(Digest256 key, long runHash, SlotCursor at) {
    return segments.find(key, Checksums.ofKey(key), home(key, runHash), runHash, -1L, at);
  }

  private static int find(Segment segment, Digest256 key, long runHash) {
    return segment.find(home(key, runHash), key, runHash, -1L);
  }

  private static int home(Digest256 key, long runHash) {
    return (int) (Checksums.ofKey(key) + runHash);
  }

  private static long runHash(Segment segment, int offset) {
    return segment.buffer.getLong(offset + ENTRY_RUN_HASH_OFFSET);
  }

  /** Whether a search for an entry ends at this place: what no search finds is nobody's. */
  private boolean isFound(Segment segment, int offset) {
    Digest256 key = segment.keyAt(offset);
    return segments.leadTo(segment, key) && find(segment, key, runHash(segment, offset)) == offset;
  }

  /** How entries move. Nobody remembers the place of one. */
  private final class Move implements Segments.Mover {
    @Override
    public boolean keeps(Segment from, int offset) {
      return isFound(from, offset);
    }

    @Override
    public int home(Segment from, int offset) {
      return EntryTable.home(from.keyAt(offset), runHash(from, offset));
    }

    @Override
    public void copy(Segment from, int offset, Segment to, int toOffset) {
      from.copy(offset + KEY_OFFSET, ENTRY_LENGTH - KEY_OFFSET, to, toOffset + KEY_OFFSET);
      to.setState(toOffset, USED);
    }

    @Override
    public void abandon(Segment from, int offset) {}
  }

  private @Nullable RecordedEntry read(Digest256 key, long runHash) {
    Segment segment = segments.of(key);
    int offset = segment == null ? Segment.NONE : find(segment, key, runHash);
    return segment == null || offset == Segment.NONE ? null : read(segment, offset);
  }

  private static RecordedEntry read(Segment segment, int offset) {
    AtomicBuffer buffer = segment.buffer;
    long runHash = runHash(segment, offset);
    return new RecordedEntry(
        segment.keyAt(offset),
        runHash,
        runId(buffer, offset, runHash),
        buffer.getLong(offset + ENTRY_WRITTEN_OFFSET),
        buffer.getLong(offset + ENTRY_LAST_USE_OFFSET),
        buffer.getLong(offset + ENTRY_ACCESSED_OFFSET) != 0);
  }

  /** The run of an entry; null if its id is too long to be recorded. */
  static @Nullable String runId(Segment segment, int offset) {
    return runId(segment.buffer, offset, runHash(segment, offset));
  }

  /** It becomes a path: so only a legal one, and only the one that the hash is of. */
  private static @Nullable String runId(AtomicBuffer buffer, int offset, long runHash) {
    byte[] name = new byte[ENTRY_RUN_CAPACITY];
    buffer.getBytes(offset + ENTRY_RUN_OFFSET, name);
    int length = 0;
    while (length < name.length && name[length] != 0) {
      length++;
    }
    String runId = new String(name, 0, length, StandardCharsets.US_ASCII);
    return RunIds.isValid(runId) && Checksums.ofRunId(runId) == runHash ? runId : null;
  }
}
