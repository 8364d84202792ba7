package io.warmstart.index.table;

import static io.warmstart.mapped.IndexLayout.ENTRIES_OFFSET;
import static io.warmstart.mapped.IndexLayout.ENTRY_LENGTH;
import static io.warmstart.mapped.IndexLayout.GONE;
import static io.warmstart.mapped.IndexLayout.KEY_OFFSET;
import static io.warmstart.mapped.IndexLayout.USED;

import io.warmstart.mapped.Checksums;
import io.warmstart.model.Digest256;
import io.warmstart.process.StripeLocks;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The entries of a root, as far as a sweep chooses by them: stamps, sizes, names.
 *
 * <p>The entries of a stripe lie in its {@link Segments}, all those of a key in one: so one entry
 * is found by a search, and all entries of a key in one segment, which is small unless the key has
 * as many.
 *
 * <p>What is recorded is a hint: before an entry is removed, its manifest is read under the lock.
 * One that is missing here is put in by the next scan of its key; one that is here but not on disk
 * is dropped when its turn comes. A record that no search finds, because a byte of it was changed,
 * is nobody's: no sweep is offered it, and the next segment is made without it.
 *
 * <p>Readers need no lock. Hits move the stamp without one; a stamp that goes into a place which
 * another entry has been given makes that one look used.
 */
public final class EntryTable {
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
  public EntryTable(
      IndexFiles files, StripeTotals totals, LocalChanges own, IntUnaryOperator pages) {
    this.totals = totals;
    this.segments = new Segments(files, pages, ENTRIES_OFFSET, ENTRY_LENGTH);
    this.own = own;
  }

  /**
   * Records an entry, or what is new about it. The caller holds the key's stripe, shared.
   *
   * @return false if there is no room
   */
  public boolean record(Digest256 key, EntryFacts facts) {
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
  public boolean recordAll(Digest256 key, Collection<EntryFacts> all) {
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
          if (!wanted.contains(EntryRecord.runHash(segment, offset)) || !isFound(segment, offset)) {
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
      EntryRecord.putFacts(at.buffer(), at.offset, facts);
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
    EntryRecord.putRunHash(segment, at.offset, runHash);
    EntryRecord.putFacts(segment.buffer, at.offset, facts);
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

  /** Forgets an entry. The caller holds the key's stripe, shared. */
  public void remove(Digest256 key, String runId) {
    remove(key, Checksums.ofRunId(runId));
  }

  /** Forgets an entry that is recorded and not there. The caller holds the stripe, shared. */
  public void drop(RecordedEntry entry) {
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
  public void touch(Digest256 key, String runId, long nowUnixNanos) {
    Segment segment = segments.of(key);
    int offset = segment == null ? Segment.NONE : find(segment, key, Checksums.ofRunId(runId));
    if (segment != null && offset != Segment.NONE) {
      EntryRecord.touch(segment, offset, nowUnixNanos);
    }
  }

  /**
   * When an entry was last accessed, as far as this machine knows. Needs no lock.
   *
   * @return unix nanoseconds; {@link Long#MIN_VALUE} if it is not recorded or was never accessed
   */
  public long accessedNanos(Digest256 key, String runId) {
    RecordedEntry entry = read(key, Checksums.ofRunId(runId));
    return entry == null || !entry.accessed() ? Long.MIN_VALUE : entry.lastUseNanos();
  }

  /** The bytes that an entry is down for; -1 if it is not recorded. */
  public long bytes(RecordedEntry entry) {
    return bytes(entry.key(), entry.runHash());
  }

  /** The same of a run. */
  public long bytes(Digest256 key, String runId) {
    return bytes(key, Checksums.ofRunId(runId));
  }

  private long bytes(Digest256 key, long runHash) {
    SlotCursor at = new SlotCursor();
    return find(key, runHash, at) ? EntryRecord.bytes(at.buffer(), at.offset) : -1;
  }

  /** What is recorded of an entry by now; null if nothing. */
  @Nullable RecordedEntry readAgain(RecordedEntry entry) {
    return read(entry.key(), entry.runHash());
  }

  /** The entries of a stripe. */
  public List<RecordedEntry> entries(int stripe) {
    List<RecordedEntry> entries = new ArrayList<>();
    segments.forEach(stripe, (segment, offset) -> addFound(segment, offset, entries));
    return entries;
  }

  /** The entries of a key. */
  public List<RecordedEntry> entriesOf(Digest256 key) {
    List<RecordedEntry> entries = new ArrayList<>();
    forEachOf(key, (segment, offset) -> addFound(segment, offset, entries));
    return entries;
  }

  /** Shows what rankings go by, of each entry of a key. */
  public void forEachRanked(Digest256 key, EntryRecord.RankedVisitor visitor) {
    forEachOf(key, (segment, offset) -> EntryRecord.showRanked(segment, offset, visitor));
  }

  /** What a run adds to its key's census; 0 if it is not recorded. */
  public long rankedHash(Digest256 key, long runHash) {
    Segment segment = segments.of(key);
    int offset = segment == null ? Segment.NONE : find(segment, key, runHash);
    return segment == null || offset == Segment.NONE ? 0 : EntryRecord.rankedHash(segment, offset);
  }

  /** The sum over a key's entries. */
  public long rankedSum(Digest256 key) {
    long[] sum = new long[1];
    forEachOf(key, (segment, offset) -> sum[0] += EntryRecord.rankedHash(segment, offset));
    return sum[0];
  }

  /** One run, by what rankings go by; null if it is not recorded. */
  public @Nullable RecordedRun rankedRun(Digest256 key, String runId) {
    Segment segment = segments.of(key);
    int offset = segment == null ? Segment.NONE : find(segment, key, Checksums.ofRunId(runId));
    return segment == null || offset == Segment.NONE
        ? null
        : EntryRecord.rankedRun(segment, offset, runId);
  }

  private void addFound(Segment segment, int offset, List<RecordedEntry> entries) {
    if (isFound(segment, offset)) {
      entries.add(EntryRecord.read(segment, offset));
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
    long use = EntryRecord.lastUse(segment, offset);
    boolean accessed = EntryRecord.isAccessed(segment, offset);
    into.count++;
    into.oldestUse = Math.min(into.oldestUse, use);
    if (into.first.isLate(accessed, use)) {
      into.first.leaveOut();
    } else if (isFound(segment, offset)) {
      RecordedEntry entry = EntryRecord.read(segment, offset);
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

  /** Whether a search for an entry ends at this place: what no search finds is nobody's. */
  private boolean isFound(Segment segment, int offset) {
    Digest256 key = segment.keyAt(offset);
    return segments.leadTo(segment, key)
        && find(segment, key, EntryRecord.runHash(segment, offset)) == offset;
  }

  /** How entries move. Nobody remembers the place of one. */
  private final class Move implements Segments.Mover {
    @Override
    public boolean keeps(Segment from, int offset) {
      return isFound(from, offset);
    }

    @Override
    public int home(Segment from, int offset) {
      return EntryTable.home(from.keyAt(offset), EntryRecord.runHash(from, offset));
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
    return segment == null || offset == Segment.NONE ? null : EntryRecord.read(segment, offset);
  }
}
