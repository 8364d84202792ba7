package io.warmstart.index;

import io.warmstart.index.table.SlotCursor;
import io.warmstart.model.Digest256;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.payload.CachedPayload;
import io.warmstart.payload.PayloadCache;
import io.warmstart.payload.PayloadMemory;
import io.warmstart.ranking.Candidate;
import org.agrona.concurrent.AtomicBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One version of an entry as this process has it in memory: its facts, its payload, and, once the
 * index was filled with it, what must stand in the key's slot for it to be the winner still.
 *
 * <p>Safe for all threads.
 */
public final class HotEntry extends CachedPayload {
  /** A version, and the change times that it was read under. */
  private record Stored(long version, long ctime, long manifestCtime) {}

  // The words of the key lie in here, since a lookup compares them: see HotTable.
  private final long word0;
  private final long word1;
  private final long word2;
  private final long word3;

  /** Unix nanoseconds of the last write or access, as far as this process knows. */
  private volatile long lastUse;

  private volatile long toldUse;

  /** The slot's changes that it was read under; others when the winner outlives a change. */
  private volatile long changes;

  /**
   * When somebody last looked whether directory and manifest are as they were, as far as this
   * process knows; unix nanoseconds.
   */
  private volatile long checkedAt;

  private volatile long refused;

  private final int ranking;
  private int slot;
  private int slotOffset;
  private int hotWord;

  /** Whether {@link Lookout} looks whether it still holds. */
  private volatile boolean watched;

  /** Null once the index has forgotten the entry: who still knows it must not keep the mapping. */
  private volatile @Nullable Generation attached;

  private volatile @Nullable AtomicBuffer buffer;

  /** Apart, since no hit asks for it: what a hit reads lies close together. */
  private volatile @Nullable Stored stored;

  private final Candidate candidate;
  private final KeyDirectory directory;

  /** The next in the same cell; written under the monitor of {@link HotTable}. */
  volatile @Nullable HotEntry next;

  /**
   * Makes an entry that the index does not know yet.
   *
   * @param directory the key's
   * @param ranking by which it won
   * @param candidate run id and facts
   */
  public HotEntry(
      KeyDirectory directory,
      int ranking,
      Candidate candidate,
      PayloadMemory memory,
      PayloadCache cache) {
    super(memory, cache);
    Digest256 key = directory.key();
    this.word0 = key.word(0);
    this.word1 = key.word(1);
    this.word2 = key.word(2);
    this.word3 = key.word(3);
    this.ranking = ranking;
    this.directory = directory;
    this.candidate = candidate;
  }

  /** Ties the entry to its slot, before anybody can find it. */
  void attach(Generation to, SlotCursor at, IndexedWinner winner, long readAt) {
    attached = to;
    buffer = at.buffer();
    slot = at.file().slotAt(at.offset);
    place(slot);
    slotOffset = at.offset;
    hotWord = at.hotWord();
    lastUse = winner.lastUse();
    toldUse = lastUse;
    stands(winner, readAt);
  }

  /** Unties it: the index has forgotten it. */
  void detach() {
    attached = null;
    buffer = null;
  }

  /** The generation of the index that the entry belongs to; null if to none, or no longer. */
  @Nullable Generation attached() {
    return attached;
  }

  /** The mapping that the slot lies in; null if the entry belongs to none. */
  @Nullable AtomicBuffer buffer() {
    return buffer;
  }

  int slotOffset() {
    return slotOffset;
  }

  int ranking() {
    return ranking;
  }

  /** The number of its slot. */
  int slot() {
    return slot;
  }

  /** Where the hot word of its slot lies in the buffer. */
  int hotWord() {
    return hotWord;
  }

  /** The slot's changes that it was read under. */
  long changes() {
    return changes;
  }

  /**
   * The winner is this version, read under what it says.
   *
   * @param readAt when it was read or looked at; unix nanoseconds
   */
  void stands(IndexedWinner winner, long readAt) {
    stored = new Stored(winner.version(), winner.ctime(), winner.manifestCtime());
    checkedAt = readAt;
    changes = winner.changes();
  }

  /** Whether it is the same version, of the same manifest. */
  boolean isSameAs(HotEntry other) {
    Stored own = stored;
    Stored others = other.stored;
    return own != null
        && others != null
        && own.version() == others.version()
        && own.manifestCtime() == others.manifestCtime();
  }

  /**
   * It does not win any more, as far as this process knows, whatever others say of that time. It
   * stays in memory: if what is there now is no whole version, this is the last that was.
   */
  void refuse(long freshChanges) {
    refused = changes;
    changes = freshChanges;
    voidRecalls();
  }

  /** The changes under which it was found not to win. */
  long refused() {
    return refused;
  }

  /** Whether it was not watched, and is from here on. */
  synchronized boolean beginWatch() {
    boolean begun = !watched;
    watched = true;
    return begun;
  }

  boolean watched() {
    return watched;
  }

  void watched(boolean now) {
    watched = now;
  }

  /** When its files were last seen to be as they were; unix nanoseconds. */
  long checkedAt() {
    return checkedAt;
  }

  void checkedAt(long unixNanos) {
    checkedAt = unixNanos;
  }

  /** The manifest's change time when it was read; 0 if it told nothing yet. */
  long manifestCtime() {
    Stored now = stored;
    return now == null ? 0 : now.manifestCtime();
  }

  /** The directory's change time when it was read; negative if it was young. */
  long ctime() {
    Stored now = stored;
    return now == null ? -1 : now.ctime();
  }

  /** Whether this is the entry of a key by a ranking. */
  boolean isOf(Digest256 key, int wantedRanking) {
    return ((word0 ^ key.word(0))
            | (word1 ^ key.word(1))
            | (word2 ^ key.word(2))
            | (word3 ^ key.word(3))
            | (ranking ^ wantedRanking))
        == 0;
  }

  /** Whether it is the version of a winner, in the same slot. */
  boolean isVersion(SlotCursor at, IndexedWinner winner) {
    Stored now = stored;
    return now != null
        && winner.version() == now.version()
        && slotOffset == at.offset
        && buffer == at.buffer();
  }

  /** The hash that {@link HotTable#hash} has of the key and the ranking. */
  int hash() {
    return HotTable.hash(word2, ranking);
  }

  /** Unix nanoseconds of the last write or access, as far as this process knows. */
  public long lastUse() {
    return lastUse;
  }

  void usedAt(long unixNanos) {
    lastUse = unixNanos;
    markUsed();
  }

  /** Which use the index was last told of; unix nanoseconds. */
  long toldUse() {
    return toldUse;
  }

  void toldUse(long unixNanos) {
    toldUse = unixNanos;
  }

  /** The directory of the key. */
  public KeyDirectory directory() {
    return directory;
  }

  /** Run id and facts. */
  public Candidate candidate() {
    return candidate;
  }

  @Override
  protected void forget() {
    Generation from = attached;
    if (from != null) {
      from.cached().forget(this);
    }
  }
}
