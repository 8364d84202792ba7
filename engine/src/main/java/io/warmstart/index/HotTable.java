package io.warmstart.index;

import io.warmstart.model.Digest256;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The entries that this process has in memory, by key and ranking: one for each, the last that was
 * read. It holds for one generation of the index.
 *
 * <p>A hash table of its own making, since a hot lookup counts in cache lines: one for the cell,
 * and the entry's own, which hold the words of the key. A map of the JDK's follows four references
 * to compare a key.
 *
 * <p>Readers take no lock. A reader that looks while the table grows may follow an entry into the
 * cell that it has been moved to, and find nothing: then the files answer. Writers are serialised
 * by the monitor, a leaf.
 */
final class HotTable {
  private static final int LEAST_CELLS = 1 << 10;
  private static final int MOST_CELLS = 1 << 20;

  private volatile AtomicReferenceArray<@Nullable HotEntry> cells =
      new AtomicReferenceArray<>(LEAST_CELLS);
  private int count;

  /** Any bits of a key serve, being those of a hash; bucket and stripe go by the second word. */
  static int hash(long word2, int ranking) {
    return (int) word2 + ranking * 0x9e3779b9;
  }

  /** The entry of a key by a ranking; null if none is in memory. Allocates nothing. */
  @Nullable HotEntry find(Digest256 key, int ranking) {
    AtomicReferenceArray<@Nullable HotEntry> current = cells;
    HotEntry entry = current.get(hash(key.word(2), ranking) & (current.length() - 1));
    while (entry != null && !entry.isOf(key, ranking)) {
      entry = entry.next;
    }
    return entry;
  }

  /** Puts an entry in; returns the one that it replaces. */
  synchronized @Nullable HotEntry put(HotEntry entry) {
    HotEntry before = find(entry.directory().key(), entry.ranking());
    if (before != null) {
      unlink(before);
    }
    link(cells, entry);
    if (++count > cells.length() / 2 && cells.length() < MOST_CELLS) {
      grow();
    }
    return before;
  }

  /** Takes an entry out, if it is in. */
  synchronized void forget(HotEntry entry) {
    if (find(entry.directory().key(), entry.ranking()) == entry) {
      unlink(entry);
    }
  }

  /** Takes every entry out. */
  void forgetAll(Consumer<HotEntry> forgotten) {
    AtomicReferenceArray<@Nullable HotEntry> before;
    synchronized (this) {
      before = cells;
      cells = new AtomicReferenceArray<>(LEAST_CELLS);
      count = 0;
    }
    for (int cell = 0; cell < before.length(); cell++) {
      for (HotEntry entry = before.get(cell); entry != null; entry = entry.next) {
        entry.detach();
        forgotten.accept(entry);
      }
    }
  }

  private void grow() {
    AtomicReferenceArray<@Nullable HotEntry> before = cells;
    AtomicReferenceArray<@Nullable HotEntry> after =
        new AtomicReferenceArray<>(2 * before.length());
    for (int cell = 0; cell < before.length(); cell++) {
      HotEntry entry = before.get(cell);
      while (entry != null) {
        HotEntry following = entry.next;
        link(after, entry);
        entry = following;
      }
    }
    cells = after;
  }

  private static void link(AtomicReferenceArray<@Nullable HotEntry> into, HotEntry entry) {
    int cell = entry.hash() & (into.length() - 1);
    entry.next = into.get(cell);
    into.set(cell, entry);
  }

  private void unlink(HotEntry entry) {
    entry.detach();
    count--;
    int cell = entry.hash() & (cells.length() - 1);
    HotEntry linked = cells.get(cell);
    if (linked == entry) {
      cells.set(cell, entry.next);
      return;
    }
    while (linked != null && linked.next != entry) {
      linked = linked.next;
    }
    if (linked != null) {
      linked.next = entry.next;
    }
  }
}
