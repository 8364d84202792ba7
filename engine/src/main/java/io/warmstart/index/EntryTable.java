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
import static io.warmstart.index.IndexLayout.ENTRY_RUN_OFFSET;
import static io.warmstart.index.IndexLayout.ENTRY_STATE_OFFSET;
import static io.warmstart.index.IndexLayout.FREE;
import static io.warmstart.index.IndexLayout.FREE_ENTRY_OFFSET;
import static io.warmstart.index.IndexLayout.MOST_PAGES;
import static io.warmstart.index.IndexLayout.NEXT_PAGE_OFFSET;
import static io.warmstart.index.IndexLayout.STRIPES;
import static io.warmstart.index.IndexLayout.USED;

import io.warmstart.format.Digest256;
import io.warmstart.format.RunIds;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.IntSupplier;
import org.agrona.concurrent.AtomicBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The entries of a root, as far as a sweep chooses by them: stamps, sizes, names.
 *
 * <p>Each stripe has a chain of pages that only its holder changes, for those who ask for all; for
 * those who ask for one there are {@link EntryBuckets}. What stands there is a hint: before an
 * entry is removed, its manifest is read under the lock. One that is missing here is put in by the
 * next walk of its key, one that is here but not on disk is dropped when its turn comes.
 *
 * <p>An entry is in its bucket before it is in use, and out of use before it is out of its bucket.
 * So a process that dies between two stores leaves a free place that nobody finds, or an entry with
 * an old stamp, but none that is in use and in no bucket: that one could not be dropped.
 *
 * <p>What leads from page to page, from entry to entry and from one free place to the next carries
 * a check ({@link Link}): a chain that a flipped bit has led astray would have two stripes write to
 * one page.
 *
 * <p>Readers need no lock. Hits move the stamp without one; a stamp that goes into a place which is
 * being given to another entry makes that one look used.
 */
final class EntryTable {
  private final IndexFiles files;
  private final StripeTotals totals;
  private final EntryBuckets buckets;
  private final OwnChanges own;
  private final IntSupplier pages;

  /** Whose chain of pages somebody without the lock could not follow. */
  private final AtomicIntegerArray suspected = new AtomicIntegerArray(STRIPES);

  /**
   * Stands over the files.
   *
   * @param own is told of each change that is made here
   * @param pages gives out a page of zeros, or 0
   */
  EntryTable(IndexFiles files, StripeTotals totals, OwnChanges own, IntSupplier pages) {
    this.files = files;
    this.totals = totals;
    this.buckets = new EntryBuckets(files);
    this.own = own;
    this.pages = pages;
  }

  /**
   * Records an entry, or what is new about it. The caller holds the key's stripe, shared.
   *
   * @return false if there is no room
   */
  boolean record(Digest256 key, EntryFacts facts) {
    int stripe = KeyLocks.stripeOf(key);
    if (isAstray(stripe)) {
      files.giveUp();
      return false;
    }
    long existing = findAlone(stripe, key, Checks.ofRunId(facts.runId()));
    long entry = existing == Link.BROKEN ? 0 : put(stripe, existing, key, facts);
    changed(stripe, existing == 0 ? 1 : 0, entry);
    return entry != 0;
  }

  /**
   * Makes a key's entries the given ones. The caller holds its stripe, shared.
   *
   * @return false if there is no room for all
   */
  boolean recordAll(Digest256 key, Collection<EntryFacts> all) {
    int stripe = KeyLocks.stripeOf(key);
    if (isAstray(stripe)) {
      files.giveUp();
      return false;
    }
    Map<Long, Long> present = new HashMap<>();
    List<Long> twins = new ArrayList<>();
    if (!buckets.findAll(stripe, key, present, twins)) {
      files.giveUp();
      return false;
    }
    twins.forEach(twin -> free(stripe, twin));
    boolean recorded = true;
    for (EntryFacts facts : all) {
      Long number = present.remove(Checks.ofRunId(facts.runId()));
      recorded &= put(stripe, number == null ? 0 : number, key, facts) != 0;
    }
    for (long gone : present.values()) {
      free(stripe, gone);
    }
    totals.raiseChanges(stripe);
    return recorded;
  }

  /** Raises the stripe's count of changes; {@code entry} is 0 if it is better read again. */
  private void changed(int stripe, int more, long entry) {
    long changes = totals.raiseChanges(stripe);
    IndexFile file = entry == 0 || !own.wanted() ? null : files.fileOf(entry / ENTRIES_PER_PAGE);
    if (file != null) {
      own.add(new OwnChanges.Change(stripe, changes, more, entry, read(file.buffer, entry)));
    }
  }

  /** Returns the entry's number; 0 if there is no room. */
  private long put(int stripe, long existing, Digest256 key, EntryFacts facts) {
    long entry = existing == 0 ? takeFree(stripe) : existing;
    IndexFile file = files.fileOf(entry / ENTRIES_PER_PAGE);
    if (file == null) {
      return 0;
    }
    AtomicBuffer buffer = file.buffer;
    int offset = offsetOf(entry);
    if (existing == 0) {
      for (int word = 0; word < 4; word++) {
        buffer.putLong(offset + ENTRY_KEY_OFFSET + 8 * word, key.word(word));
      }
      byte[] name = facts.runId().getBytes(StandardCharsets.US_ASCII);
      buffer.putBytes(
          offset + ENTRY_RUN_OFFSET,
          Arrays.copyOf(name, ENTRY_RUN_CAPACITY),
          0,
          ENTRY_RUN_CAPACITY);
      long runHash = Checks.ofRunId(facts.runId());
      buffer.putLong(offset + ENTRY_RUN_HASH_OFFSET, runHash);
      if (!buckets.link(stripe, EntryBuckets.of(key, runHash), buffer, entry)) {
        return 0;
      }
    }
    buffer.putLong(offset + ENTRY_BYTES_OFFSET, facts.bytes());
    buffer.putLong(offset + ENTRY_LAST_USE_OFFSET, facts.lastUseNanos());
    buffer.putLong(offset + ENTRY_ACCESSED_OFFSET, facts.accessed() ? 1 : 0);
    buffer.putLongVolatile(offset + ENTRY_STATE_OFFSET, USED);
    return entry;
  }

  /** Forgets an entry. The caller holds the key's stripe, shared. */
  void remove(Digest256 key, String runId) {
    int stripe = KeyLocks.stripeOf(key);
    long entry = findAlone(stripe, key, Checks.ofRunId(runId));
    free(stripe, entry);
    changed(stripe, -1, Math.max(0, entry));
  }

  /** Forgets an entry by its place, if it still is that entry. The caller holds the stripe. */
  void drop(RecordedEntry entry) {
    int stripe = KeyLocks.stripeOf(entry.key());
    IndexFile file = files.fileOf(entry.number() / ENTRIES_PER_PAGE);
    if (file == null) {
      return;
    }
    int offset = offsetOf(entry.number());
    if (EntryBuckets.holds(file.buffer, offset, entry.key())
        && file.buffer.getLong(offset + ENTRY_RUN_HASH_OFFSET) == entry.runHash()) {
      free(stripe, entry.number());
      changed(stripe, -1, entry.number());
    }
  }

  /** Marks an entry as accessed. Needs no lock. */
  void touch(Digest256 key, String runId, long nowUnixNanos) {
    long entry = buckets.find(KeyLocks.stripeOf(key), key, Checks.ofRunId(runId));
    IndexFile file = files.fileOf(entry / ENTRIES_PER_PAGE);
    if (file != null) {
      int offset = offsetOf(entry);
      if (file.buffer.getLong(offset + ENTRY_LAST_USE_OFFSET) < nowUnixNanos) {
        file.buffer.putLongRelease(offset + ENTRY_LAST_USE_OFFSET, nowUnixNanos);
      }
      file.buffer.putLongRelease(offset + ENTRY_ACCESSED_OFFSET, 1);
    }
  }

  /**
   * When an entry was last accessed, as far as this machine knows. Needs no lock.
   *
   * @return unix nanoseconds; {@link Long#MIN_VALUE} if it is not recorded or was never accessed
   */
  long accessedNanos(Digest256 key, String runId) {
    long entry = buckets.find(KeyLocks.stripeOf(key), key, Checks.ofRunId(runId));
    IndexFile file = files.fileOf(entry / ENTRIES_PER_PAGE);
    if (file == null) {
      return Long.MIN_VALUE;
    }
    int offset = offsetOf(entry);
    return file.buffer.getLong(offset + ENTRY_ACCESSED_OFFSET) == 0
        ? Long.MIN_VALUE
        : file.buffer.getLong(offset + ENTRY_LAST_USE_OFFSET);
  }

  private interface Visitor {
    void visit(AtomicBuffer buffer, long number);
  }

  /** Shows the entries of a stripe that are in use. Needs no lock. */
  private void forEachUsed(int stripe, Visitor visitor) {
    long page = firstPage(stripe);
    for (int hop = 0; hop < MOST_PAGES && page > 0; hop++) {
      IndexFile file = files.fileOf(page);
      if (file == null) {
        return;
      }
      int pageOffset = IndexLayout.offsetOf((int) page);
      for (int place = 1; place < ENTRIES_PER_PAGE; place++) {
        int offset = pageOffset + place * ENTRY_LENGTH;
        if (file.buffer.getLongVolatile(offset + ENTRY_STATE_OFFSET) == USED) {
          visitor.visit(file.buffer, page * ENTRIES_PER_PAGE + place);
        }
      }
      page = pageAfter(stripe, file.buffer, page);
    }
    if (page == Link.BROKEN) {
      // No proof without the lock: whoever holds it next looks.
      suspected.set(stripe, 1);
    }
  }

  /** The entries of a stripe. */
  List<RecordedEntry> entries(int stripe) {
    List<RecordedEntry> entries = new ArrayList<>();
    forEachUsed(
        stripe,
        (buffer, number) -> {
          RecordedEntry entry = read(buffer, number);
          if (entry != null && KeyLocks.stripeOf(entry.key()) == stripe) {
            entries.add(entry);
          }
        });
    return entries;
  }

  /** The bytes that an entry is down for, wherever it lies. */
  long bytes(RecordedEntry entry) {
    IndexFile file = files.fileOf(entry.number() / ENTRIES_PER_PAGE);
    return file == null ? -1 : file.buffer.getLong(offsetOf(entry.number()) + ENTRY_BYTES_OFFSET);
  }

  /** What stands in an entry's place by now; null if it is free. */
  @Nullable RecordedEntry readAgain(RecordedEntry entry) {
    IndexFile file = files.fileOf(entry.number() / ENTRIES_PER_PAGE);
    return file == null ? null : read(file.buffer, entry.number());
  }

  /** What a pass over a stripe's entries finds. */
  static final class Pass {
    private final FirstEntries first;
    private long oldestUse = Long.MAX_VALUE;
    private int count;

    /**
     * Makes a pass.
     *
     * @param first empty, takes the first in the order of eviction
     */
    Pass(FirstEntries first) {
      this.first = first;
    }

    /** The oldest last use; the largest number if there is no entry. */
    long oldestUse() {
      return oldestUse;
    }

    int count() {
      return count;
    }
  }

  /** Passes over a stripe's entries. Only one that may be among the first is looked at whole. */
  void pass(int stripe, Set<Long> passedOver, Pass into) {
    forEachUsed(stripe, (buffer, number) -> consider(stripe, buffer, number, passedOver, into));
  }

  private static void consider(
      int stripe, AtomicBuffer buffer, long number, Set<Long> passedOver, Pass into) {
    int offset = offsetOf(number);
    long use = buffer.getLong(offset + ENTRY_LAST_USE_OFFSET);
    boolean accessed = buffer.getLong(offset + ENTRY_ACCESSED_OFFSET) != 0;
    into.count++;
    into.oldestUse = Math.min(into.oldestUse, use);
    if (passedOver.contains(number)) {
      return;
    }
    if (into.first.isLate(accessed, use)) {
      into.first.leaveOut();
      return;
    }
    RecordedEntry entry = read(buffer, number);
    if (entry != null && KeyLocks.stripeOf(entry.key()) == stripe) {
      into.first.add(entry);
    }
  }

  private static @Nullable RecordedEntry read(AtomicBuffer buffer, long number) {
    int offset = offsetOf(number);
    if (buffer.getLongVolatile(offset + ENTRY_STATE_OFFSET) != USED) {
      return null;
    }
    long runHash = buffer.getLong(offset + ENTRY_RUN_HASH_OFFSET);
    return new RecordedEntry(
        number,
        keyAt(buffer, offset),
        runHash,
        runId(buffer, offset, runHash),
        buffer.getLong(offset + ENTRY_LAST_USE_OFFSET),
        buffer.getLong(offset + ENTRY_ACCESSED_OFFSET) != 0);
  }

  private static Digest256 keyAt(AtomicBuffer buffer, int offset) {
    return Digest256.ofWords(
        buffer.getLong(offset + ENTRY_KEY_OFFSET),
        buffer.getLong(offset + ENTRY_KEY_OFFSET + 8),
        buffer.getLong(offset + ENTRY_KEY_OFFSET + 16),
        buffer.getLong(offset + ENTRY_KEY_OFFSET + 24));
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
    return RunIds.isValid(runId) && Checks.ofRunId(runId) == runHash ? runId : null;
  }

  /**
   * The number of an entry, for the holder of the stripe: 0 if it is not recorded; who meets a
   * broken link ends the generation.
   */
  private long findAlone(int stripe, Digest256 key, long runHash) {
    long entry = buckets.find(stripe, key, runHash);
    if (entry == Link.BROKEN) {
      files.giveUp();
    }
    return entry;
  }

  /** Whether a stripe's chain of pages, if suspected, cannot be followed. For its holder. */
  private boolean isAstray(int stripe) {
    if (suspected.get(stripe) == 0) {
      return false;
    }
    long page = firstPage(stripe);
    for (int hop = 0; hop < MOST_PAGES && page > 0; hop++) {
      IndexFile file = files.fileOf(page);
      page = file == null ? Link.BROKEN : pageAfter(stripe, file.buffer, page);
    }
    return page != 0;
  }

  private long firstPage(int stripe) {
    long word = files.base.getLongVolatile(IndexLayout.stripeHead(stripe) + ENTRY_PAGE_OFFSET);
    return Link.numberInHead(word, Link.ENTRY_PAGE, stripe);
  }

  /** The page after one; 0 if there is none, {@link Link#BROKEN} if that cannot be made out. */
  private static long pageAfter(int stripe, AtomicBuffer buffer, long page) {
    long word = buffer.getLong(IndexLayout.offsetOf((int) page) + NEXT_PAGE_OFFSET);
    return Link.number(word, Link.ENTRY_PAGE, stripe, page);
  }

  /** Takes a free entry out of the stripe's list; 0 if there is no room, or no telling. */
  private long takeFree(int stripe) {
    int head = IndexLayout.stripeHead(stripe) + FREE_ENTRY_OFFSET;
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
        IndexLayout.stripeHead(stripe) + ENTRY_PAGE_OFFSET,
        Link.to(Link.ENTRY_PAGE, stripe, Link.HEAD, page));
    files.base.putLong(
        IndexLayout.stripeHead(stripe) + FREE_ENTRY_OFFSET,
        Link.to(Link.FREE_ENTRY, stripe, Link.HEAD, first));
    return first;
  }

  private void free(int stripe, long entry) {
    IndexFile file = entry <= 0 ? null : files.fileOf(entry / ENTRIES_PER_PAGE);
    if (file == null) {
      return;
    }
    int head = IndexLayout.stripeHead(stripe) + FREE_ENTRY_OFFSET;
    long next = Link.numberInHead(files.base.getLong(head), Link.FREE_ENTRY, stripe);
    if (next == Link.BROKEN) {
      files.giveUp();
      return;
    }
    int offset = offsetOf(entry);
    AtomicBuffer buffer = file.buffer;
    buffer.putLongVolatile(offset + ENTRY_STATE_OFFSET, FREE);
    int bucket =
        EntryBuckets.of(keyAt(buffer, offset), buffer.getLong(offset + ENTRY_RUN_HASH_OFFSET));
    if (!buckets.unlink(stripe, bucket, buffer, entry)) {
      // In use and in no bucket is what nobody has written.
      files.giveUp();
      return;
    }
    buffer.putLong(offset + ENTRY_RUN_HASH_OFFSET, Link.to(Link.FREE_ENTRY, stripe, entry, next));
    files.base.putLong(head, Link.to(Link.FREE_ENTRY, stripe, Link.HEAD, entry));
  }

  /** Where an entry lies in its file, which has been found: so its page's number is a sane one. */
  static int offsetOf(long entry) {
    int page = (int) (entry / ENTRIES_PER_PAGE);
    return IndexLayout.offsetOf(page) + (int) (entry % ENTRIES_PER_PAGE) * ENTRY_LENGTH;
  }
}
