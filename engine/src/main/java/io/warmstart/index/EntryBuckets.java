package io.warmstart.index;

import static io.warmstart.index.IndexLayout.ENTRIES_PER_PAGE;
import static io.warmstart.index.IndexLayout.ENTRY_BUCKETS;
import static io.warmstart.index.IndexLayout.ENTRY_BUCKETS_OFFSET;
import static io.warmstart.index.IndexLayout.ENTRY_KEY_OFFSET;
import static io.warmstart.index.IndexLayout.ENTRY_NEXT_OFFSET;
import static io.warmstart.index.IndexLayout.ENTRY_RUN_HASH_OFFSET;
import static io.warmstart.index.IndexLayout.ENTRY_STATE_OFFSET;
import static io.warmstart.index.IndexLayout.MOST_PAGES;
import static io.warmstart.index.IndexLayout.STRIPES;
import static io.warmstart.index.IndexLayout.USED;

import io.warmstart.format.Digest256;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.AtomicBuffer;

/**
 * The hash table of a root's entries: chains that lead from a bucket to the entries in it, through
 * words that carry a check ({@link Link}).
 *
 * <p>Buckets belong to stripes, and only a stripe's holder changes its chains. Readers need no
 * lock: one that is led astray, by an entry that moves to another chain, finds nothing.
 */
final class EntryBuckets {
  private static final int BUCKETS_PER_STRIPE = ENTRY_BUCKETS / STRIPES;

  /**
   * The entries of a key lie in so many buckets, by their run ids: few enough to look through all
   * of them, enough for a key with thousands of runs.
   */
  private static final int BUCKETS_PER_KEY = 8;

  private static final int MOST_ENTRIES = MOST_PAGES * ENTRIES_PER_PAGE;

  private final IndexFiles files;

  EntryBuckets(IndexFiles files) {
    this.files = files;
  }

  /** The bucket of an entry. It belongs to the stripe of its key. */
  static int of(Digest256 key, long runHash) {
    long place = key.word(3) ^ (runHash & (BUCKETS_PER_KEY - 1));
    return KeyLocks.stripeOf(key) + STRIPES * (int) (place & (BUCKETS_PER_STRIPE - 1));
  }

  private static int bucketOffset(int bucket) {
    return ENTRY_BUCKETS_OFFSET + 8 * bucket;
  }

  private long firstOf(int stripe, int bucket) {
    return Link.numberInBucket(files.base.getLongVolatile(bucketOffset(bucket)), stripe, bucket);
  }

  /** The entry after one in its bucket; 0 if there is none, {@link Link#BROKEN} if astray. */
  private static long entryAfter(int stripe, AtomicBuffer buffer, long entry) {
    long word = buffer.getLongVolatile(EntryTable.offsetOf(entry) + ENTRY_NEXT_OFFSET);
    return Link.number(word, Link.NEXT_ENTRY, stripe, entry);
  }

  /** The number of an entry; 0 if it is not recorded, {@link Link#BROKEN} if a chain is astray. */
  long find(int stripe, Digest256 key, long runHash) {
    long entry = firstOf(stripe, of(key, runHash));
    for (int hop = 0; hop < MOST_ENTRIES && entry > 0; hop++) {
      IndexFile file = files.fileOf(entry / ENTRIES_PER_PAGE);
      if (file == null) {
        return 0;
      }
      int offset = EntryTable.offsetOf(entry);
      if (file.buffer.getLong(offset + ENTRY_RUN_HASH_OFFSET) == runHash
          && holds(file.buffer, offset, key)) {
        return entry;
      }
      entry = entryAfter(stripe, file.buffer, entry);
    }
    return entry == Link.BROKEN ? Link.BROKEN : 0;
  }

  /** The numbers of a key's entries; false if a chain cannot be followed to its end. */
  boolean findAll(int stripe, Digest256 key, Map<Long, Long> byRunHash, List<Long> twins) {
    for (long each = 0; each < BUCKETS_PER_KEY; each++) {
      int bucket = of(key, each);
      long entry = firstOf(stripe, bucket);
      for (int hop = 0; hop < MOST_ENTRIES && entry > 0; hop++) {
        IndexFile file = files.fileOf(entry / ENTRIES_PER_PAGE);
        if (file == null) {
          return false;
        }
        int offset = EntryTable.offsetOf(entry);
        if (holds(file.buffer, offset, key)) {
          Long twin = byRunHash.put(file.buffer.getLong(offset + ENTRY_RUN_HASH_OFFSET), entry);
          if (twin != null) {
            twins.add(twin);
          }
        }
        entry = entryAfter(stripe, file.buffer, entry);
      }
      if (entry != 0) {
        return false;
      }
    }
    return true;
  }

  /** Whether an entry is in use, and of a key. */
  static boolean holds(AtomicBuffer buffer, int offset, Digest256 key) {
    long differs =
        (buffer.getLong(offset + ENTRY_KEY_OFFSET) ^ key.word(0))
            | (buffer.getLong(offset + ENTRY_KEY_OFFSET + 8) ^ key.word(1))
            | (buffer.getLong(offset + ENTRY_KEY_OFFSET + 16) ^ key.word(2))
            | (buffer.getLong(offset + ENTRY_KEY_OFFSET + 24) ^ key.word(3));
    return differs == 0 && buffer.getLongVolatile(offset + ENTRY_STATE_OFFSET) == USED;
  }

  /** Puts an entry in front of its bucket; false if that is astray. */
  boolean link(int stripe, int bucket, AtomicBuffer buffer, long entry) {
    long next = firstOf(stripe, bucket);
    if (next == Link.BROKEN) {
      files.giveUp();
      return false;
    }
    buffer.putLong(
        EntryTable.offsetOf(entry) + ENTRY_NEXT_OFFSET,
        Link.to(Link.NEXT_ENTRY, stripe, entry, next));
    files.base.putLongVolatile(
        bucketOffset(bucket), Link.to(Link.ENTRY_BUCKET, stripe, bucket, entry));
    return true;
  }

  /** Takes an entry out of its bucket; false if it is not there, or not to be reached. */
  boolean unlink(int stripe, int bucket, AtomicBuffer buffer, long entry) {
    long next = entryAfter(stripe, buffer, entry);
    if (next == Link.BROKEN) {
      return false;
    }
    long at = firstOf(stripe, bucket);
    if (at == entry) {
      files.base.putLongVolatile(
          bucketOffset(bucket), Link.to(Link.ENTRY_BUCKET, stripe, bucket, next));
      return true;
    }
    for (int hop = 0; hop < MOST_ENTRIES && at > 0; hop++) {
      IndexFile file = files.fileOf(at / ENTRIES_PER_PAGE);
      if (file == null) {
        return false;
      }
      long following = entryAfter(stripe, file.buffer, at);
      if (following == entry) {
        file.buffer.putLongVolatile(
            EntryTable.offsetOf(at) + ENTRY_NEXT_OFFSET,
            Link.to(Link.NEXT_ENTRY, stripe, at, next));
        return true;
      }
      at = following;
    }
    return false;
  }
}
