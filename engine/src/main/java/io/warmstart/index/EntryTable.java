package io.warmstart.index;

import static io.warmstart.index.IndexLayout.ENTRIES_PER_PAGE;
import static io.warmstart.index.IndexLayout.ENTRY_ACCESSED_OFFSET;
import static io.warmstart.index.IndexLayout.ENTRY_BYTES_OFFSET;
import static io.warmstart.index.IndexLayout.ENTRY_KEY_OFFSET;
import static io.warmstart.index.IndexLayout.ENTRY_LAST_USE_OFFSET;
import static io.warmstart.index.IndexLayout.ENTRY_LENGTH;
import static io.warmstart.index.IndexLayout.ENTRY_PAGE_OFFSET;
import static io.warmstart.index.IndexLayout.ENTRY_RUN_CAPACITY;
import static io.warmstart.index.IndexLayout.ENTRY_RUN_HASH_OFFSET;
import static io.warmstart.index.IndexLayout.ENTRY_RUN_LENGTH_OFFSET;
import static io.warmstart.index.IndexLayout.ENTRY_RUN_OFFSET;
import static io.warmstart.index.IndexLayout.ENTRY_STATE_OFFSET;
import static io.warmstart.index.IndexLayout.FREE;
import static io.warmstart.index.IndexLayout.FREE_ENTRY_OFFSET;
import static io.warmstart.index.IndexLayout.MOST_PAGES;
import static io.warmstart.index.IndexLayout.NEXT_PAGE_OFFSET;
import static io.warmstart.index.IndexLayout.STRIPE_HEADS_OFFSET;
import static io.warmstart.index.IndexLayout.STRIPE_HEAD_LENGTH;
import static io.warmstart.index.IndexLayout.USED;

import io.warmstart.format.Digest256;
import io.warmstart.format.RunIds;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntSupplier;
import org.agrona.concurrent.AtomicBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The entries of a root, as far as a sweep chooses by them: stamps, sizes, names.
 *
 * <p>Each stripe has a chain of pages that only its holder changes. What stands there is a hint:
 * before an entry is removed, its manifest is read under the lock. One that is missing here is put
 * in by the next walk of its key, one that is here but not on disk is dropped when its turn comes.
 * A process that dies between two stores leaves a free place that nobody finds, or an entry with an
 * old stamp.
 *
 * <p>What leads from page to page and from one free place to the next carries a check ({@link
 * Link}): a chain that a flipped bit has led astray would have two stripes write to one page.
 *
 * <p>Readers need no lock. Hits move the stamp without one; a stamp that goes into a place which is
 * being given to another entry makes that one look used.
 */
final class EntryTable {
  private final IndexFiles files;
  private final StripeTotals totals;
  private final IntSupplier pages;

  EntryTable(IndexFiles files, StripeTotals totals, IntSupplier pages) {
    this.files = files;
    this.totals = totals;
    this.pages = pages;
  }

  /**
   * Records an entry, or what is new about it. The caller holds the key's stripe, shared.
   *
   * @return false if there is no room
   */
  boolean record(Digest256 key, EntryFacts facts) {
    int stripe = KeyLocks.stripeOf(key);
    long existing = findAlone(stripe, key, Checks.ofRunId(facts.runId()));
    boolean recorded = existing != Link.BROKEN && put(stripe, existing, key, facts);
    totals.raiseChanges(stripe);
    return recorded;
  }

  /**
   * Makes a key's entries the given ones. The caller holds its stripe, shared.
   *
   * @return false if there is no room for all
   */
  boolean recordAll(Digest256 key, Collection<EntryFacts> all) {
    int stripe = KeyLocks.stripeOf(key);
    if (!isSound(stripe)) {
      files.giveUp();
      return false;
    }
    Map<Long, Long> present = new HashMap<>();
    List<Long> twins = new ArrayList<>();
    findAll(stripe, key, present, twins);
    twins.forEach(twin -> free(stripe, twin));
    boolean recorded = true;
    for (EntryFacts facts : all) {
      Long number = present.remove(Checks.ofRunId(facts.runId()));
      recorded &= put(stripe, number == null ? 0 : number, key, facts);
    }
    for (long gone : present.values()) {
      free(stripe, gone);
    }
    totals.raiseChanges(stripe);
    return recorded;
  }

  /** Reads no more of the others than their keys: a walk does this for each key of a stripe. */
  private void findAll(int stripe, Digest256 key, Map<Long, Long> byRunHash, List<Long> twins) {
    long page = firstPage(stripe);
    for (int hop = 0; hop < MOST_PAGES && page > 0; hop++) {
      IndexFile file = files.fileOf(page);
      if (file == null) {
        return;
      }
      AtomicBuffer buffer = file.buffer;
      int pageOffset = IndexLayout.offsetOf((int) page);
      for (int place = 1; place < ENTRIES_PER_PAGE; place++) {
        int offset = pageOffset + place * ENTRY_LENGTH;
        if (isOf(buffer, offset, key)) {
          long runHash = buffer.getLong(offset + ENTRY_RUN_HASH_OFFSET);
          Long twin = byRunHash.put(runHash, page * ENTRIES_PER_PAGE + place);
          if (twin != null) {
            twins.add(twin);
          }
        }
      }
      page = pageAfter(stripe, buffer, page);
    }
  }

  private static boolean isOf(AtomicBuffer buffer, int offset, Digest256 key) {
    return buffer.getLongVolatile(offset + ENTRY_STATE_OFFSET) == USED
        && buffer.getLong(offset + ENTRY_KEY_OFFSET) == key.word(0)
        && buffer.getLong(offset + ENTRY_KEY_OFFSET + 8) == key.word(1)
        && buffer.getLong(offset + ENTRY_KEY_OFFSET + 16) == key.word(2)
        && buffer.getLong(offset + ENTRY_KEY_OFFSET + 24) == key.word(3);
  }

  private boolean put(int stripe, long existing, Digest256 key, EntryFacts facts) {
    long entry = existing == 0 ? takeFree(stripe) : existing;
    IndexFile file = files.fileOf(entry / ENTRIES_PER_PAGE);
    if (file == null) {
      return false;
    }
    AtomicBuffer buffer = file.buffer;
    int offset = offsetOf(entry);
    if (existing == 0) {
      for (int word = 0; word < 4; word++) {
        buffer.putLong(offset + ENTRY_KEY_OFFSET + 8 * word, key.word(word));
      }
      byte[] name = facts.runId().getBytes(StandardCharsets.US_ASCII);
      buffer.putLong(offset + ENTRY_RUN_LENGTH_OFFSET, name.length);
      buffer.putBytes(
          offset + ENTRY_RUN_OFFSET, name, 0, Math.min(name.length, ENTRY_RUN_CAPACITY));
      buffer.putLong(offset + ENTRY_RUN_HASH_OFFSET, Checks.ofRunId(facts.runId()));
    }
    buffer.putLong(offset + ENTRY_BYTES_OFFSET, facts.bytes());
    buffer.putLong(offset + ENTRY_LAST_USE_OFFSET, facts.lastUseNanos());
    buffer.putLong(offset + ENTRY_ACCESSED_OFFSET, facts.accessed() ? 1 : 0);
    buffer.putLongVolatile(offset + ENTRY_STATE_OFFSET, USED);
    return true;
  }

  /** Forgets an entry. The caller holds the key's stripe, shared. */
  void remove(Digest256 key, String runId) {
    int stripe = KeyLocks.stripeOf(key);
    free(stripe, findAlone(stripe, key, Checks.ofRunId(runId)));
    totals.raiseChanges(stripe);
  }

  /** Forgets an entry by its place, if it still is that entry. The caller holds the stripe. */
  void drop(RecordedEntry entry) {
    int stripe = KeyLocks.stripeOf(entry.key());
    if (findAlone(stripe, entry.key(), entry.runHash()) == entry.number()) {
      free(stripe, entry.number());
      totals.raiseChanges(stripe);
    }
  }

  /** Marks an entry as accessed. Needs no lock. */
  void touch(Digest256 key, String runId, long nowUnixNanos) {
    long entry = find(KeyLocks.stripeOf(key), key, Checks.ofRunId(runId));
    IndexFile file = files.fileOf(entry / ENTRIES_PER_PAGE);
    if (file != null) {
      int offset = offsetOf(entry);
      if (file.buffer.getLong(offset + ENTRY_LAST_USE_OFFSET) < nowUnixNanos) {
        file.buffer.putLongRelease(offset + ENTRY_LAST_USE_OFFSET, nowUnixNanos);
      }
      file.buffer.putLongRelease(offset + ENTRY_ACCESSED_OFFSET, 1);
    }
  }

  /** The entries of a stripe. */
  List<RecordedEntry> entries(int stripe) {
    List<RecordedEntry> entries = new ArrayList<>();
    long page = firstPage(stripe);
    for (int hop = 0; hop < MOST_PAGES && page > 0; hop++) {
      IndexFile file = files.fileOf(page);
      if (file == null) {
        return entries;
      }
      for (int place = 1; place < ENTRIES_PER_PAGE; place++) {
        RecordedEntry entry = read(file.buffer, page * ENTRIES_PER_PAGE + place);
        if (entry != null && KeyLocks.stripeOf(entry.key()) == stripe) {
          entries.add(entry);
        }
      }
      page = pageAfter(stripe, file.buffer, page);
    }
    return entries;
  }

  /** The bytes that an entry is down for, wherever it lies. */
  long bytes(RecordedEntry entry) {
    IndexFile file = files.fileOf(entry.number() / ENTRIES_PER_PAGE);
    return file == null ? -1 : file.buffer.getLong(offsetOf(entry.number()) + ENTRY_BYTES_OFFSET);
  }

  /** What a pass over a stripe's entries has found. Made once, used for each stripe. */
  static final class Pass {
    private boolean any;
    private long leastAccessed;
    private long leastUse;
    private long oldestUse;
    private int count;
    private @Nullable RecordedEntry first;

    /** The first in the order of eviction; null if there is none. */
    @Nullable RecordedEntry first() {
      return first;
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
   * Passes over a stripe's entries. Only an entry that may be the first is looked at whole: this is
   * done for two or three stripes with every save at a full budget.
   */
  void pass(int stripe, Set<Long> passedOver, Pass into) {
    into.any = false;
    into.oldestUse = Long.MAX_VALUE;
    into.count = 0;
    into.first = null;
    long page = firstPage(stripe);
    for (int hop = 0; hop < MOST_PAGES && page > 0; hop++) {
      IndexFile file = files.fileOf(page);
      if (file == null) {
        return;
      }
      AtomicBuffer buffer = file.buffer;
      int pageOffset = IndexLayout.offsetOf((int) page);
      for (int place = 1; place < ENTRIES_PER_PAGE; place++) {
        int offset = pageOffset + place * ENTRY_LENGTH;
        if (buffer.getLongVolatile(offset + ENTRY_STATE_OFFSET) == USED) {
          consider(stripe, buffer, page * ENTRIES_PER_PAGE + place, passedOver, into);
        }
      }
      page = pageAfter(stripe, buffer, page);
    }
  }

  private static void consider(
      int stripe, AtomicBuffer buffer, long number, Set<Long> passedOver, Pass into) {
    int offset = offsetOf(number);
    long use = buffer.getLong(offset + ENTRY_LAST_USE_OFFSET);
    long accessed = buffer.getLong(offset + ENTRY_ACCESSED_OFFSET);
    into.count++;
    into.oldestUse = Math.min(into.oldestUse, use);
    boolean later =
        into.any
            && (accessed > into.leastAccessed
                || (accessed == into.leastAccessed && use > into.leastUse));
    if (later || (!passedOver.isEmpty() && passedOver.contains(number))) {
      return;
    }
    RecordedEntry entry = read(buffer, number);
    if (entry != null
        && KeyLocks.stripeOf(entry.key()) == stripe
        && (into.first == null || entry.compareTo(into.first) < 0)) {
      into.any = true;
      into.leastAccessed = accessed;
      into.leastUse = use;
      into.first = entry;
    }
  }

  private static @Nullable RecordedEntry read(AtomicBuffer buffer, long number) {
    int offset = offsetOf(number);
    if (buffer.getLongVolatile(offset + ENTRY_STATE_OFFSET) != USED) {
      return null;
    }
    Digest256 key =
        Digest256.ofWords(
            buffer.getLong(offset + ENTRY_KEY_OFFSET),
            buffer.getLong(offset + ENTRY_KEY_OFFSET + 8),
            buffer.getLong(offset + ENTRY_KEY_OFFSET + 16),
            buffer.getLong(offset + ENTRY_KEY_OFFSET + 24));
    long runHash = buffer.getLong(offset + ENTRY_RUN_HASH_OFFSET);
    return new RecordedEntry(
        number,
        key,
        runHash,
        runId(buffer, offset, runHash),
        buffer.getLong(offset + ENTRY_LAST_USE_OFFSET),
        buffer.getLong(offset + ENTRY_ACCESSED_OFFSET) != 0);
  }

  /** It becomes a path: so only a legal one, and only the one that the hash is of. */
  private static @Nullable String runId(AtomicBuffer buffer, int offset, long runHash) {
    long length = buffer.getLong(offset + ENTRY_RUN_LENGTH_OFFSET);
    if (length < 1 || length > ENTRY_RUN_CAPACITY) {
      return null;
    }
    byte[] name = new byte[(int) length];
    buffer.getBytes(offset + ENTRY_RUN_OFFSET, name);
    String runId = new String(name, StandardCharsets.US_ASCII);
    return RunIds.isValid(runId) && Checks.ofRunId(runId) == runHash ? runId : null;
  }

  /** The number of an entry; 0 if it is not recorded. */
  private long find(int stripe, Digest256 key, long runHash) {
    long page = firstPage(stripe);
    for (int hop = 0; hop < MOST_PAGES && page > 0; hop++) {
      IndexFile file = files.fileOf(page);
      if (file == null) {
        return 0;
      }
      AtomicBuffer buffer = file.buffer;
      for (int place = 1; place < ENTRIES_PER_PAGE; place++) {
        long number = page * ENTRIES_PER_PAGE + place;
        int offset = offsetOf(number);
        long differs =
            (buffer.getLong(offset + ENTRY_RUN_HASH_OFFSET) ^ runHash)
                | (buffer.getLong(offset + ENTRY_KEY_OFFSET) ^ key.word(0))
                | (buffer.getLong(offset + ENTRY_KEY_OFFSET + 24) ^ key.word(3));
        if (differs == 0 && buffer.getLongVolatile(offset + ENTRY_STATE_OFFSET) == USED) {
          return number;
        }
      }
      page = pageAfter(stripe, buffer, page);
    }
    return page == Link.BROKEN ? Link.BROKEN : 0;
  }

  /** The same, for the holder of the stripe: who meets a broken link ends the generation. */
  private long findAlone(int stripe, Digest256 key, long runHash) {
    long entry = find(stripe, key, runHash);
    if (entry == Link.BROKEN) {
      files.giveUp();
    }
    return entry;
  }

  /** Whether the stripe's chain of pages can be followed to its end. For its holder. */
  private boolean isSound(int stripe) {
    long page = firstPage(stripe);
    for (int hop = 0; hop < MOST_PAGES && page > 0; hop++) {
      IndexFile file = files.fileOf(page);
      page = file == null ? Link.BROKEN : pageAfter(stripe, file.buffer, page);
    }
    return page == 0;
  }

  private long firstPage(int stripe) {
    long word = files.base.getLongVolatile(head(stripe) + ENTRY_PAGE_OFFSET);
    return Link.numberInHead(word, Link.ENTRY_PAGE, stripe);
  }

  /** The page after one; 0 if there is none, {@link Link#BROKEN} if that cannot be made out. */
  private static long pageAfter(int stripe, AtomicBuffer buffer, long page) {
    long word = buffer.getLong(IndexLayout.offsetOf((int) page) + NEXT_PAGE_OFFSET);
    return Link.number(word, Link.ENTRY_PAGE, stripe, page);
  }

  /** Takes a free entry out of the stripe's list; 0 if there is no room, or no telling. */
  private long takeFree(int stripe) {
    int head = head(stripe) + FREE_ENTRY_OFFSET;
    long entry = Link.numberInHead(files.base.getLong(head), Link.FREE_ENTRY, stripe);
    if (entry == 0) {
      entry = makeFree(stripe);
    }
    IndexFile file = entry <= 0 ? null : files.fileOf(entry / ENTRIES_PER_PAGE);
    if (file == null) {
      if (entry == Link.BROKEN) {
        files.giveUp();
      }
      return 0;
    }
    int offset = offsetOf(entry);
    long next =
        Link.number(
            file.buffer.getLong(offset + ENTRY_RUN_HASH_OFFSET), Link.FREE_ENTRY, stripe, entry);
    if (next == Link.BROKEN || file.buffer.getLong(offset + ENTRY_STATE_OFFSET) != FREE) {
      files.giveUp();
      return 0;
    }
    files.base.putLong(head, Link.to(Link.FREE_ENTRY, stripe, Link.HEAD, next));
    return entry;
  }

  /** Links a new page into the chain, its entries into the list; returns the list's head. */
  private long makeFree(int stripe) {
    long before = firstPage(stripe);
    if (before == Link.BROKEN) {
      return Link.BROKEN;
    }
    int page = pages.getAsInt();
    IndexFile file = files.fileOf(page);
    if (file == null) {
      return 0;
    }
    long first = (long) page * ENTRIES_PER_PAGE + 1;
    long last = first + ENTRIES_PER_PAGE - 2;
    for (long each = first; each <= last; each++) {
      file.buffer.putLong(
          offsetOf(each) + ENTRY_RUN_HASH_OFFSET,
          Link.to(Link.FREE_ENTRY, stripe, each, each == last ? 0 : each + 1));
    }
    file.buffer.putLong(
        IndexLayout.offsetOf(page) + NEXT_PAGE_OFFSET,
        Link.to(Link.ENTRY_PAGE, stripe, page, before));
    files.base.putLongVolatile(
        head(stripe) + ENTRY_PAGE_OFFSET, Link.to(Link.ENTRY_PAGE, stripe, Link.HEAD, page));
    files.base.putLong(
        head(stripe) + FREE_ENTRY_OFFSET, Link.to(Link.FREE_ENTRY, stripe, Link.HEAD, first));
    return first;
  }

  private void free(int stripe, long entry) {
    IndexFile file = entry <= 0 ? null : files.fileOf(entry / ENTRIES_PER_PAGE);
    if (file == null) {
      return;
    }
    int head = head(stripe) + FREE_ENTRY_OFFSET;
    long next = Link.numberInHead(files.base.getLong(head), Link.FREE_ENTRY, stripe);
    if (next == Link.BROKEN) {
      files.giveUp();
      return;
    }
    int offset = offsetOf(entry);
    file.buffer.putLongVolatile(offset + ENTRY_STATE_OFFSET, FREE);
    file.buffer.putLong(
        offset + ENTRY_RUN_HASH_OFFSET, Link.to(Link.FREE_ENTRY, stripe, entry, next));
    files.base.putLong(head, Link.to(Link.FREE_ENTRY, stripe, Link.HEAD, entry));
  }

  private static int head(int stripe) {
    return STRIPE_HEADS_OFFSET + stripe * STRIPE_HEAD_LENGTH;
  }

  /** Where an entry lies in its file, which has been found: so its page's number is a sane one. */
  private static int offsetOf(long entry) {
    int page = (int) (entry / ENTRIES_PER_PAGE);
    return IndexLayout.offsetOf(page) + (int) (entry % ENTRIES_PER_PAGE) * ENTRY_LENGTH;
  }
}
