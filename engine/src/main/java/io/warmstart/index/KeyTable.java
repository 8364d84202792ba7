package io.warmstart.index;

import static io.warmstart.index.IndexLayout.BUCKETS;
import static io.warmstart.index.IndexLayout.BUCKETS_OFFSET;
import static io.warmstart.index.IndexLayout.BYTES_CHECK_OFFSET;
import static io.warmstart.index.IndexLayout.BYTES_OFFSET;
import static io.warmstart.index.IndexLayout.CHANGES_OFFSET;
import static io.warmstart.index.IndexLayout.CHECKED_OFFSET;
import static io.warmstart.index.IndexLayout.CHECK_OFFSET;
import static io.warmstart.index.IndexLayout.CTIME_OFFSET;
import static io.warmstart.index.IndexLayout.EPOCH_OFFSET;
import static io.warmstart.index.IndexLayout.HAND_OFFSET;
import static io.warmstart.index.IndexLayout.KEY_OFFSET;
import static io.warmstart.index.IndexLayout.LAST_USE_OFFSET;
import static io.warmstart.index.IndexLayout.MANIFESTS_OFFSET;
import static io.warmstart.index.IndexLayout.NEXT_SLOT_OFFSET;
import static io.warmstart.index.IndexLayout.SLOTS_PER_PAGE;
import static io.warmstart.index.IndexLayout.SLOT_LENGTH;
import static io.warmstart.index.IndexLayout.STRIPES;
import static io.warmstart.index.IndexLayout.VERSION_HIGH_OFFSET;
import static io.warmstart.index.IndexLayout.VERSION_LOW_OFFSET;
import static io.warmstart.index.IndexLayout.WALKED_CTIME_OFFSET;
import static io.warmstart.index.IndexLayout.WINNERS_OFFSET;
import static io.warmstart.index.IndexLayout.WINNER_LENGTH;

import io.warmstart.format.Digest256;
import java.lang.invoke.VarHandle;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.function.LongConsumer;
import org.agrona.concurrent.AtomicBuffer;

/**
 * The keys of the index: for each key and ranking, which version won when somebody last read the
 * key's directory, and whether that still holds.
 *
 * <p>It is never repaired, only filled anew from the files. That rests on one word for each key:
 *
 * <ul>
 *   <li>Whoever changes a key's files stores a value into {@code changes} that was never there
 *       before, ahead of the first change and after the last. That is a plain store: it needs no
 *       lock, and cannot fail on a page that somebody has truncated away in a worse way than being
 *       dropped.
 *   <li>Whoever fills a winner reads {@code changes} first, then the directory, and stores the
 *       winner with a check over the key, the value that it has read, the directory's change time
 *       and the version.
 *   <li>A winner counts only if its check is right for the present {@code changes} and {@code
 *       change time}. So one that was read before or during a change is void as soon as the change
 *       is done, a reader that starts after a save has returned never sees the one before, and a
 *       record that was torn, flipped, lost or made for another key is none.
 * </ul>
 *
 * <p>A process that dies between its two stores leaves a key whose winners were all void when it
 * began; what is filled after its death is what the files say, and the files are mended by whoever
 * meets them, who stores into {@code changes} too.
 *
 * <p>Slots of one bucket form a chain. Only the holder of the bucket's stripe changes it, by single
 * stores, so readers need no lock: a reader that is led astray by a slot that is being given to
 * another key finds nothing, and reads the files. No operation is a compare-and-set: on a page that
 * is gone that would kill the JVM.
 */
final class KeyTable {
  private static final int MOST_HOPS = 256;
  private static final int MOST_FOR_MISSES = 64;
  private static final int BUCKETS_PER_STRIPE = BUCKETS / STRIPES;

  private final IndexFiles files;
  private final FreeSlots free;

  /**
   * Stands over the files.
   *
   * @param pages gives out a page of zeros, or 0
   */
  KeyTable(IndexFiles files, IntSupplier pages) {
    this.files = files;
    this.free = new FreeSlots(files, pages);
  }

  /** Finds a key's slot. Allocates nothing. */
  boolean find(Digest256 key, SlotCursor at) {
    return follow(key, files.base.getLongVolatile(bucketOffset(key)), at);
  }

  private boolean follow(Digest256 key, long head, SlotCursor at) {
    long slot = head;
    for (int hop = 0; hop < MOST_HOPS && slot != 0; hop++) {
      IndexFile file = files.fileOf(slot / SLOTS_PER_PAGE);
      if (file == null) {
        return false;
      }
      AtomicBuffer buffer = file.buffer;
      int offset = offsetOf(slot);
      if (holds(buffer, offset, key)) {
        at.moveTo(file, offset);
        return true;
      }
      slot = buffer.getLongVolatile(offset + NEXT_SLOT_OFFSET);
    }
    return false;
  }

  /**
   * Makes a slot for a key that has none. The caller holds its stripe, shared.
   *
   * @param changes a value that was never used before
   * @param missing whether it is there only to remember a miss: such keys come in any number, and
   *     from some number on they take their slots from one another
   * @return false if there is no room; or none that this process can map, and then the key may have
   *     a slot that it has not found
   */
  boolean insert(Digest256 key, long changes, boolean missing, SlotCursor at) {
    if (files.lost()) {
      return false;
    }
    int stripe = KeyLocks.stripeOf(key);
    long slot = free.take(stripe);
    if (slot == 0 && missing && free.slots(stripe) >= MOST_FOR_MISSES) {
      slot = takeBack(stripe);
    }
    if (slot == 0 && free.refill(stripe)) {
      slot = free.take(stripe);
    }
    if (slot == 0) {
      slot = takeBack(stripe);
    }
    IndexFile file = slot <= 0 ? null : files.fileOf(slot / SLOTS_PER_PAGE);
    if (file == null) {
      return false;
    }
    AtomicBuffer buffer = file.buffer;
    int offset = offsetOf(slot);
    // From here on nothing is found under the slot's old key, whatever of the new one is there.
    buffer.putLongVolatile(offset + CHANGES_OFFSET, changes);
    for (int word = 0; word < 4; word++) {
      buffer.putLong(offset + KEY_OFFSET + 8 * word, key.word(word));
    }
    putBytes(buffer, offset, key, 0);
    int bucket = bucketOffset(key);
    buffer.putLong(offset + NEXT_SLOT_OFFSET, files.base.getLong(bucket));
    files.base.putLongVolatile(bucket, slot);
    at.moveTo(file, offset);
    return true;
  }

  /** Takes a slot from a key of the stripe that has no files, whichever comes round. */
  private long takeBack(int stripe) {
    int handOffset = IndexLayout.stripeHead(stripe) + HAND_OFFSET;
    long hand = files.base.getLong(handOffset);
    for (int step = 0; step < BUCKETS_PER_STRIPE; step++) {
      hand = (hand + 1) & (BUCKETS_PER_STRIPE - 1);
      long slot = unlinkUnused(BUCKETS_OFFSET + 8 * (stripe + STRIPES * (int) hand));
      if (slot != 0) {
        files.base.putLong(handOffset, hand);
        return slot;
      }
    }
    return 0;
  }

  private long unlinkUnused(int bucket) {
    AtomicBuffer linked = files.base;
    int link = bucket;
    for (int hop = 0; hop < MOST_HOPS; hop++) {
      long slot = linked.getLong(link);
      IndexFile file = slot == 0 ? null : files.fileOf(slot / SLOTS_PER_PAGE);
      if (file == null) {
        return 0;
      }
      int offset = offsetOf(slot);
      if (!liesIn(file.buffer, offset, bucket)) {
        files.giveUp();
        return 0;
      }
      long next = file.buffer.getLong(offset + NEXT_SLOT_OFFSET);
      if (file.buffer.getLong(offset + BYTES_OFFSET) == 0) {
        linked.putLongVolatile(link, next);
        file.buffer.putLong(offset + NEXT_SLOT_OFFSET, 0);
        return slot;
      }
      linked = file.buffer;
      link = offset + NEXT_SLOT_OFFSET;
    }
    return 0;
  }

  /** Gives a key's slot back. The caller holds its stripe, shared. */
  void remove(Digest256 key, long changes) {
    AtomicBuffer linked = files.base;
    int bucket = bucketOffset(key);
    int link = bucket;
    for (int hop = 0; hop < MOST_HOPS; hop++) {
      long slot = linked.getLong(link);
      IndexFile file = slot == 0 ? null : files.fileOf(slot / SLOTS_PER_PAGE);
      if (file == null) {
        return;
      }
      int offset = offsetOf(slot);
      if (!liesIn(file.buffer, offset, bucket)) {
        files.giveUp();
        return;
      }
      if (holds(file.buffer, offset, key)) {
        linked.putLongVolatile(link, file.buffer.getLong(offset + NEXT_SLOT_OFFSET));
        file.buffer.putLongVolatile(offset + CHANGES_OFFSET, changes);
        free.put(KeyLocks.stripeOf(key), file.buffer, slot);
        return;
      }
      linked = file.buffer;
      link = offset + NEXT_SLOT_OFFSET;
    }
  }

  /**
   * By arithmetic, not by branches: a load from a page that is gone leaves a register as it was and
   * a comparison the flags, which must not pass for equal.
   */
  private static boolean holds(AtomicBuffer buffer, int offset, Digest256 key) {
    long differs =
        (buffer.getLong(offset + KEY_OFFSET) ^ key.word(0))
            | (buffer.getLong(offset + KEY_OFFSET + 8) ^ key.word(1))
            | (buffer.getLong(offset + KEY_OFFSET + 16) ^ key.word(2))
            | (buffer.getLong(offset + KEY_OFFSET + 24) ^ key.word(3));
    return differs == 0;
  }

  /** What a winner must have been filled under to count: it moves with each change. */
  long changes(SlotCursor at) {
    return at.buffer().getLongVolatile(at.offset + CHANGES_OFFSET)
        + files.base.getLongVolatile(EPOCH_OFFSET);
  }

  /** Voids the winners of all keys. Needs no lock. */
  void changeAll(long epoch) {
    files.base.putLongVolatile(EPOCH_OFFSET, epoch);
  }

  /** Voids the winners of a key. Needs no lock. */
  void change(SlotCursor at, long changes) {
    change(at.buffer(), at.offset, changes);
  }

  static void change(AtomicBuffer buffer, int slotOffset, long changes) {
    buffer.putLongVolatile(slotOffset + CHANGES_OFFSET, changes);
  }

  /** When the directory was last read, or looked at for a miss; unix nanoseconds. */
  long checkedAt(SlotCursor at) {
    return at.buffer().getLong(at.offset + CHECKED_OFFSET);
  }

  /** The directory's change time that the winners were read under. */
  static long ctime(CachedEntry entry, AtomicBuffer buffer) {
    return buffer.getLong(entry.slotOffset() + CTIME_OFFSET);
  }

  /** Says when the directory was last compared. */
  static void checked(AtomicBuffer buffer, int slotOffset, long nowUnixNanos) {
    buffer.putLongRelease(slotOffset + CHECKED_OFFSET, nowUnixNanos);
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
    int winner = at.offset + WINNERS_OFFSET + ranking * WINNER_LENGTH;
    long changes = changes(at);
    long ctime = buffer.getLong(at.offset + CTIME_OFFSET);
    long high = buffer.getLong(winner + VERSION_HIGH_OFFSET);
    long low = buffer.getLong(winner + VERSION_LOW_OFFSET);
    long lastUse = buffer.getLong(winner + LAST_USE_OFFSET);
    // A miss has none, and is spared another line of the mapping.
    long manifestCtime =
        (high | low) == 0 ? 0 : buffer.getLong(at.offset + MANIFESTS_OFFSET + 8 * ranking);
    VarHandle.loadLoadFence();
    long check = buffer.getLong(winner + CHECK_OFFSET);
    if ((check ^ Checks.ofWinner(key, ranking, changes, ctime, high, low, manifestCtime)) != 0) {
      return false;
    }
    target.set(high, low, lastUse);
    target.setManifestCtime(manifestCtime);
    target.under(changes, ctime);
    return true;
  }

  /**
   * Whether an entry in memory still is the winner: nobody has changed the key, given its slot to
   * another, or filled it from another state of its directory.
   *
   * <p>The changes are read last, and what was read goes through arithmetic, for the reasons that
   * {@link #read} gives.
   *
   * @param ctime the slot's, just read
   */
  boolean stands(CachedEntry entry, AtomicBuffer buffer, long ctime) {
    long epoch = files.base.getLongVolatile(EPOCH_OFFSET);
    VarHandle.loadLoadFence();
    long changes = buffer.getLongVolatile(entry.slotOffset() + CHANGES_OFFSET);
    return (Checks.ofState(changes + epoch, ctime) ^ entry.state()) == 0;
  }

  /** The last use of a winner, by any process; not covered by its check. */
  static long lastUse(CachedEntry entry, AtomicBuffer buffer) {
    return buffer.getLong(lastUseOffset(entry));
  }

  /** Moves a winner's last use on. */
  static void touch(CachedEntry entry, AtomicBuffer buffer, long nowUnixNanos) {
    buffer.putLongRelease(lastUseOffset(entry), nowUnixNanos);
  }

  private static int lastUseOffset(CachedEntry entry) {
    return entry.slotOffset() + WINNERS_OFFSET + entry.ranking() * WINNER_LENGTH + LAST_USE_OFFSET;
  }

  /**
   * Stores a winner. The caller holds the key's stripe, shared, and has read {@code changes} before
   * it read the directory. Another change time than the last filler's voids the other rankings'
   * winners: they were read from another state of the directory, which this look must not vouch
   * for.
   */
  void fill(
      SlotCursor at,
      Digest256 key,
      int ranking,
      long changes,
      long ctime,
      long checkedAt,
      IndexedWinner winner) {
    AtomicBuffer buffer = at.buffer();
    int offset = at.offset + WINNERS_OFFSET + ranking * WINNER_LENGTH;
    buffer.putLong(at.offset + CTIME_OFFSET, ctime);
    buffer.putLong(at.offset + CHECKED_OFFSET, checkedAt);
    buffer.putLong(offset + VERSION_HIGH_OFFSET, winner.high());
    buffer.putLong(offset + VERSION_LOW_OFFSET, winner.low());
    buffer.putLong(offset + LAST_USE_OFFSET, winner.lastUse());
    buffer.putLong(at.offset + MANIFESTS_OFFSET + 8 * ranking, winner.manifestCtime());
    buffer.putLongRelease(
        offset + CHECK_OFFSET,
        Checks.ofWinner(
            key, ranking, changes, ctime, winner.high(), winner.low(), winner.manifestCtime()));
  }

  /** The bytes that the key's files take up; -1 if that cannot be made out. Under the stripe. */
  long bytes(SlotCursor at, Digest256 key) {
    return bytes(at.buffer(), at.offset, key.word(0));
  }

  private static long bytes(AtomicBuffer buffer, int offset, long keyWord) {
    long bytes = buffer.getLong(offset + BYTES_OFFSET);
    return buffer.getLong(offset + BYTES_CHECK_OFFSET) == Checks.ofBytes(keyWord, bytes)
        ? bytes
        : -1;
  }

  /**
   * Sets the bytes that the key's files take up. The caller holds its stripe, shared.
   *
   * @param ctime the directory's if it shows each later change of the bytes, else 0
   */
  void account(SlotCursor at, Digest256 key, long bytes, long ctime) {
    at.buffer().putLong(at.offset + WALKED_CTIME_OFFSET, ctime);
    putBytes(at.buffer(), at.offset, key, bytes);
  }

  /** The directory's change time when its files were last counted; 0 if they have changed since. */
  long walkedCtime(SlotCursor at) {
    return at.buffer().getLong(at.offset + WALKED_CTIME_OFFSET);
  }

  private static void putBytes(AtomicBuffer buffer, int offset, Digest256 key, long bytes) {
    buffer.putLong(offset + BYTES_OFFSET, bytes);
    buffer.putLong(offset + BYTES_CHECK_OFFSET, Checks.ofBytes(key.word(0), bytes));
  }

  private interface SlotVisitor {
    void visit(AtomicBuffer buffer, int offset);
  }

  /** Shows the key of each slot of a stripe's chains. Slots may come and go meanwhile. */
  void forEachKey(int stripe, Consumer<Digest256> action) {
    forEachSlot(
        stripe,
        (buffer, offset) ->
            action.accept(
                Digest256.ofWords(
                    buffer.getLong(offset + KEY_OFFSET),
                    buffer.getLong(offset + KEY_OFFSET + 8),
                    buffer.getLong(offset + KEY_OFFSET + 16),
                    buffer.getLong(offset + KEY_OFFSET + 24))));
  }

  /**
   * Shows what each of a stripe's keys counts for; -1 where that cannot be made out. The caller
   * holds the stripe.
   *
   * @return false if a chain leads nowhere or in circles: unless a file could not be mapped, that
   *     was written by nobody
   */
  boolean forEachBytes(int stripe, LongConsumer action) {
    return forEachSlot(
        stripe,
        (buffer, offset) ->
            action.accept(bytes(buffer, offset, buffer.getLong(offset + KEY_OFFSET))));
  }

  /** Returns false if a chain leads where it cannot, or is longer than any can be. */
  private boolean forEachSlot(int stripe, SlotVisitor visitor) {
    boolean whole = true;
    for (int place = 0; place < BUCKETS_PER_STRIPE; place++) {
      int bucket = BUCKETS_OFFSET + 8 * (stripe + STRIPES * place);
      long slot = files.base.getLongVolatile(bucket);
      for (int hop = 0; hop < MOST_HOPS && slot != 0; hop++) {
        IndexFile file = files.fileOf(slot / SLOTS_PER_PAGE);
        int offset = file == null ? 0 : offsetOf(slot);
        if (file == null || !liesIn(file.buffer, offset, bucket)) {
          break;
        }
        visitor.visit(file.buffer, offset);
        slot = file.buffer.getLongVolatile(offset + NEXT_SLOT_OFFSET);
      }
      whole &= slot == 0;
    }
    return whole;
  }

  /**
   * Whether a slot of a bucket's chain is of a key of that bucket. If not, the chain has been led
   * astray, maybe into slots of another stripe, which its own holder may be changing.
   */
  private static boolean liesIn(AtomicBuffer buffer, int offset, int bucket) {
    long word = buffer.getLong(offset + KEY_OFFSET + 8);
    return BUCKETS_OFFSET + 8 * ((int) word & (BUCKETS - 1)) == bucket;
  }

  /** The stripe is the bucket's lower bits: who holds it is alone with all its buckets. */
  private static int bucketOffset(Digest256 key) {
    return BUCKETS_OFFSET + 8 * ((int) key.word(1) & (BUCKETS - 1));
  }

  /** Where a slot lies in its file, which has been found: so its page's number is a sane one. */
  static int offsetOf(long slot) {
    int page = (int) (slot / SLOTS_PER_PAGE);
    return IndexLayout.offsetOf(page) + (int) (slot % SLOTS_PER_PAGE) * SLOT_LENGTH;
  }
}
