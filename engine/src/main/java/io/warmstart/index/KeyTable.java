package io.warmstart.index;

import static io.warmstart.mapped.IndexLayout.CHECKED_OFFSET;
import static io.warmstart.mapped.IndexLayout.CHECK_OFFSET;
import static io.warmstart.mapped.IndexLayout.CTIME_OFFSET;
import static io.warmstart.mapped.IndexLayout.EPOCH_OFFSET;
import static io.warmstart.mapped.IndexLayout.GONE;
import static io.warmstart.mapped.IndexLayout.LAST_USE_OFFSET;
import static io.warmstart.mapped.IndexLayout.MANIFEST_CTIME_OFFSET;
import static io.warmstart.mapped.IndexLayout.SLOTS_OFFSET;
import static io.warmstart.mapped.IndexLayout.SLOT_LENGTH;
import static io.warmstart.mapped.IndexLayout.USED;
import static io.warmstart.mapped.IndexLayout.VERSION_OF_WINNER_OFFSET;
import static io.warmstart.mapped.IndexLayout.WINNERS_OFFSET;
import static io.warmstart.mapped.IndexLayout.WINNER_LENGTH;

import io.warmstart.index.table.IndexFile;
import io.warmstart.index.table.IndexFiles;
import io.warmstart.index.table.Segment;
import io.warmstart.index.table.Segments;
import io.warmstart.index.table.SlotCounts;
import io.warmstart.index.table.SlotCursor;
import io.warmstart.mapped.Checksums;
import io.warmstart.model.Digest256;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;
import java.util.function.LongConsumer;
import org.agrona.concurrent.AtomicBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The keys of the index: for each key and ranking, which version won when somebody last read the
 * key's directory, and whether that still holds.
 *
 * <p>It is never repaired, only filled again from the files. That rests on one word for each key:
 *
 * <ul>
 *   <li>A process that changes a key's files stores a value into {@code changes} that was never
 *       there before, ahead of the first change and after the last. That is a plain store: it needs
 *       no lock, and cannot fail on a page that somebody has truncated away in a worse way than
 *       being dropped.
 *   <li>A process that fills a winner reads {@code changes} first, then the directory, and stores
 *       the winner with a check over the key, the value that it has read, the directory's change
 *       time and the version.
 *   <li>A winner counts only if its check is right for the present {@code changes} and {@code
 *       change time}. So one that was read before or during a change is void as soon as the change
 *       is done, a reader that starts after a save has returned never sees the one before, and a
 *       record that was torn, flipped, lost or made for another key is none.
 * </ul>
 *
 * <p>A process that dies between its two stores leaves a key whose winners were all void when it
 * began; what is filled after its death is what the files say, and the files are mended by a
 * process that meets them, which stores into {@code changes} too.
 *
 * <p>The slots of a stripe lie in its {@link Segments}. A slot that moves into the next segment has
 * other {@code changes} there, and others are stored where it was: so a move voids the winners of
 * the stripe in both places, and a process that remembers a slot by its place finds a word that no
 * winner was read under. A writer without the lock that still voids the old place loses nothing:
 * whatever fills the new one was read after the move, and the writer voids again after its change.
 * Readers need no lock. No operation is a compare-and-set, which kills the JVM on a lost page.
 */
final class KeyTable {
  private static final int MOST_FOR_MISSES = 64;
  private static final AtomicLong OWNERS = new AtomicLong();

  private final IndexFiles files;
  private final Segments segments;

  /** Of what is remembered by this table: one that maps the same files remembers other things. */
  private final long owner = OWNERS.incrementAndGet();

  /**
   * Reads the keys of an index.
   *
   * @param pages gives out a number of adjacent pages of zeros: the first one's number, or 0
   */
  KeyTable(IndexFiles files, IntUnaryOperator pages) {
    this.files = files;
    this.segments = new Segments(files, pages, SLOTS_OFFSET, SLOT_LENGTH);
  }

  /** Finds a key's slot. Allocates nothing. */
  boolean find(Digest256 key, SlotCursor at) {
    long hash = Checksums.ofKey(key);
    return segments.find(key, hash, home(hash), 0, 0, at);
  }

  private static int home(Digest256 key) {
    return home(Checksums.ofKey(key));
  }

  /** Of the bits below those that choose the segment. */
  private static int home(long hash) {
    return (int) (hash >>> 26);
  }

  /**
   * Makes a slot for a key that has none. The caller holds its stripe, shared. Slots that were
   * found before may have moved.
   *
   * @param changes a value that was never used before
   * @return false if there is no room; or none that this process can map, and then the key may have
   *     a slot that it has not found
   */
  boolean insert(Digest256 key, long changes, SlotCursor at) {
    if (files.lost()) {
      return false;
    }
    Segment segment = place(key, false, at);
    // With each move slots get values that no move has given them before.
    for (long moved = Checksums.mix(changes); segment == null; moved = Checksums.mix(moved)) {
      // A listing of the keys meanwhile may meet one neither here nor there; and this may die here.
      files.keysChanged(~moved);
      if (!segments.grow(key, new Move(moved))) {
        break;
      }
      files.keysChanged(moved);
      segment = place(key, false, at);
    }
    if (segment == null) {
      // No room: of what is remembered of keys without files there is the least need.
      segment = place(key, true, at);
    }
    if (segment == null) {
      return false;
    }
    // From here on nothing is found under the slot's old key, whatever of the new one is there.
    change(at, changes);
    segment.setState(at.offset, GONE);
    segment.putKey(at.offset, key);
    SlotCounts.clear(at, key);
    segment.setState(at.offset, USED);
    return true;
  }

  /** Finds a place for a key; in a large segment it may be that of a key without files. */
  private @Nullable Segment place(Digest256 key, boolean takesOver, SlotCursor at) {
    Segment segment = segments.of(key);
    if (segment == null) {
      return null;
    }
    int offset = segment.vacant(home(key), used -> false);
    if (offset == Segment.NONE && (takesOver || dropsMisses(segment))) {
      offset = segment.vacant(home(key), used -> SlotCounts.isWithoutFiles(segment, used));
    }
    if (offset == Segment.NONE) {
      return null;
    }
    at.moveTo(segment.file, offset);
    return segment;
  }

  /** Keys without files come in any number, and do not make a segment any larger than this. */
  private static boolean dropsMisses(Segment segment) {
    return segment.capacity() >= MOST_FOR_MISSES;
  }

  /** How slots move; {@code changes} is a value that was never used before. */
  private final class Move implements Segments.Mover {
    private final long changes;

    Move(long changes) {
      this.changes = changes;
    }

    @Override
    public boolean keeps(Segment from, int offset) {
      return isFound(from, offset)
          && !(dropsMisses(from) && SlotCounts.isWithoutFiles(from, offset));
    }

    @Override
    public int home(Segment from, int offset) {
      return KeyTable.home(from.keyAt(offset));
    }

    @Override
    public void copy(Segment from, int offset, Segment to, int toOffset) {
      to.buffer.putLong(to.file.hotWordAt(toOffset), changes);
      to.putKey(toOffset, from.keyAt(offset));
      SlotCounts.copy(from, offset, to, toOffset);
      to.setState(toOffset, USED);
    }

    @Override
    public void abandon(Segment from, int offset) {
      change(from.file, offset, ~changes);
    }
  }

  /** Whether a search for the key of a slot ends at this slot: others are no key's. */
  private boolean isFound(Segment segment, int offset) {
    Digest256 key = segment.keyAt(offset);
    return segments.leadTo(segment, key) && segment.find(home(key), key, 0, 0) == offset;
  }

  /** Gives a key's slot back. The caller holds its stripe, shared. */
  void remove(Digest256 key, long changes) {
    Segment segment = segments.of(key);
    int offset = segment == null ? Segment.NONE : segment.find(home(key), key, 0, 0);
    if (segment != null && offset != Segment.NONE) {
      change(segment.file, offset, changes);
      segment.setState(offset, GONE);
    }
  }

  /** What a winner must have been filled under to count: it moves with each change. */
  long changes(SlotCursor at) {
    return at.buffer().getLongVolatile(at.hotWord()) + files.base.getLongVolatile(EPOCH_OFFSET);
  }

  /** Voids the winners of all keys. Needs no lock. */
  void changeAll(long epoch) {
    files.base.putLongVolatile(EPOCH_OFFSET, epoch);
  }

  /** Voids the winners of a key. Needs no lock. */
  void change(SlotCursor at, long changes) {
    change(at.file(), at.offset, changes);
  }

  private static void change(IndexFile file, int slotOffset, long changes) {
    change(file.buffer, file.hotWordAt(slotOffset), changes);
  }

  static void change(AtomicBuffer buffer, int hotWord, long changes) {
    buffer.putLongVolatile(hotWord, changes);
  }

  private static int winnerOf(int slotOffset, int ranking) {
    return slotOffset + WINNERS_OFFSET + ranking * WINNER_LENGTH;
  }

  /** When somebody last compared the change times of a winner's files; unix nanoseconds. */
  static long checkedAt(AtomicBuffer buffer, int slotOffset, int ranking) {
    return buffer.getLong(winnerOf(slotOffset, ranking) + CHECKED_OFFSET);
  }

  /** Says when they were last compared. */
  static void checked(AtomicBuffer buffer, int slotOffset, int ranking, long nowUnixNanos) {
    buffer.putLongRelease(winnerOf(slotOffset, ranking) + CHECKED_OFFSET, nowUnixNanos);
  }

  /**
   * Reads a winner; the outcome is in {@code target} if true.
   *
   * <p>The check is read last. Its page was there then, so none of the reads before it has met a
   * lost one, and no error is left to surface after a hit.
   *
   * @return false if it is void, or was being written
   */
  boolean read(SlotCursor at, Digest256 key, int ranking, IndexedWinner target) {
    AtomicBuffer buffer = at.buffer();
    int winner = winnerOf(at.offset, ranking);
    long changes = changes(at);
    long version = buffer.getLong(winner + VERSION_OF_WINNER_OFFSET);
    long ctime = buffer.getLong(winner + CTIME_OFFSET);
    long manifestCtime = buffer.getLong(winner + MANIFEST_CTIME_OFFSET);
    long lastUse = buffer.getLong(winner + LAST_USE_OFFSET);
    VarHandle.loadLoadFence();
    long check = buffer.getLong(winner + CHECK_OFFSET);
    if ((check ^ Checksums.ofWinner(key, ranking, changes, ctime, version, manifestCtime)) != 0) {
      return false;
    }
    target.set(version, lastUse);
    target.setManifestCtime(manifestCtime);
    target.under(changes, ctime);
    return true;
  }

  /**
   * Whether what this process remembers of a winner holds: nobody has changed the key, or given its
   * slot to another.
   *
   * <p>The changes are read last, and what was read goes through arithmetic, for the reasons that
   * {@link #read} gives.
   *
   * @param hotWord where the slot's lies
   * @param memo what {@link #memo} gave when the winner was read
   */
  boolean stands(AtomicBuffer buffer, int hotWord, int ranking, int retirements, long memo) {
    long epoch = files.base.getLongVolatile(EPOCH_OFFSET);
    VarHandle.loadLoadFence();
    long changes = buffer.getLongVolatile(hotWord);
    return (Checksums.ofMemo(changes + epoch, owner, retirements, ranking) ^ memo) == 0;
  }

  /** What {@link #stands} is told of an entry. */
  long memo(HotEntry entry, int retirements) {
    return Checksums.ofMemo(entry.changes(), owner, retirements, entry.ranking());
  }

  /** The same of an entry. */
  boolean stands(HotEntry entry, AtomicBuffer buffer) {
    return stands(buffer, entry.hotWord(), entry.ranking(), 0, memo(entry, 0));
  }

  /** The same by a slot's number. */
  boolean stands(int slot, int ranking, int retirements, long memo) {
    IndexFile file = files.ofSlot(slot);
    return file != null && stands(file.buffer, file.hotWordOf(slot), ranking, retirements, memo);
  }

  /** The last use of a winner, by any process; not covered by its check. */
  static long lastUse(HotEntry entry, AtomicBuffer buffer) {
    return buffer.getLong(lastUseOffset(entry));
  }

  /** Moves a winner's last use on. */
  static void touch(HotEntry entry, AtomicBuffer buffer, long nowUnixNanos) {
    buffer.putLongRelease(lastUseOffset(entry), nowUnixNanos);
  }

  private static int lastUseOffset(HotEntry entry) {
    return winnerOf(entry.slotOffset(), entry.ranking()) + LAST_USE_OFFSET;
  }

  /**
   * Stores a winner. The caller holds the key's stripe, shared, and has read {@code changes} before
   * it read the directory.
   *
   * <p>Under one value of {@code changes} a ranking's winner is one version of one manifest, once
   * and for all: who remembers it asks for {@code changes} alone, and a look that one process makes
   * is good for all of them. So who has read something else than what stands there and is believed
   * voids it, and stores nothing: there was a change that no look has seen yet.
   *
   * @param winner with what it was read under
   * @param checkedAt when it was; unix nanoseconds
   * @param fresh a value of {@code changes} that was never used before
   * @return whether it is stored
   */
  boolean fill(
      SlotCursor at, Digest256 key, int ranking, long checkedAt, IndexedWinner winner, long fresh) {
    IndexedWinner before = new IndexedWinner();
    if (read(at, key, ranking, before)
        && (before.version() != winner.version()
            || before.manifestCtime() != winner.manifestCtime())) {
      change(at, fresh);
      return false;
    }
    AtomicBuffer buffer = at.buffer();
    int offset = winnerOf(at.offset, ranking);
    buffer.putLong(offset + VERSION_OF_WINNER_OFFSET, winner.version());
    buffer.putLong(offset + CTIME_OFFSET, winner.ctime());
    buffer.putLong(offset + MANIFEST_CTIME_OFFSET, winner.manifestCtime());
    buffer.putLong(offset + CHECKED_OFFSET, checkedAt);
    buffer.putLong(offset + LAST_USE_OFFSET, winner.lastUse());
    buffer.putLongRelease(
        offset + CHECK_OFFSET,
        Checksums.ofWinner(
            key,
            ranking,
            winner.changes(),
            winner.ctime(),
            winner.version(),
            winner.manifestCtime()));
    return true;
  }

  /** Shows the key of each slot of a stripe. Slots may come and go meanwhile. */
  void forEachKey(int stripe, Consumer<Digest256> action) {
    forEachSlot(stripe, (segment, offset) -> action.accept(segment.keyAt(offset)));
  }

  /** Shows each key of a stripe of which files are counted. Slots may come and go meanwhile. */
  void forEachKeyWithFiles(int stripe, Consumer<Digest256> action) {
    forEachSlot(
        stripe,
        (segment, offset) -> {
          if (!SlotCounts.isWithoutFiles(segment, offset)) {
            action.accept(segment.keyAt(offset));
          }
        });
  }

  /**
   * Shows what each of a stripe's keys counts for; -1 where the check is wrong. The caller holds
   * the stripe.
   *
   * @return false if this process cannot read all of the stripe's slots
   */
  boolean forEachBytes(int stripe, LongConsumer action) {
    return forEachSlot(
        stripe,
        (segment, offset) ->
            action.accept(SlotCounts.bytes(segment.buffer, offset, segment.keyAt(offset))));
  }

  private boolean forEachSlot(int stripe, Segments.Visitor visitor) {
    return segments.forEach(
        stripe,
        (segment, offset) -> {
          if (isFound(segment, offset)) {
            visitor.visit(segment, offset);
          }
        });
  }
}
