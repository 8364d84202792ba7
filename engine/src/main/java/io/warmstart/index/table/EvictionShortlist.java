package io.warmstart.index.table;

import java.util.NavigableSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The first few of a stripe's entries in the order of eviction, and how many there are besides:
 * none of those comes before one that is kept. Not safe for several threads.
 */
final class EvictionShortlist {
  private static final int MOST = 16;

  private final NavigableSet<RecordedEntry> first = new TreeSet<>();

  /** How many are not kept that may be evicted, at most. */
  private int left;

  /** The first; null if none is kept. */
  @Nullable RecordedEntry first() {
    return first.isEmpty() ? null : first.first();
  }

  /** Keeps an entry, unless others that are not kept may come before it. */
  void add(RecordedEntry entry) {
    if (left > 0 && (first.isEmpty() || entry.compareTo(first.last()) >= 0)) {
      left++;
      return;
    }
    first.add(entry);
    if (first.size() > MOST) {
      first.pollLast();
      left++;
    }
  }

  /** Whether an entry with these stamps comes after all that are kept, which are as many as can. */
  boolean isLate(boolean accessed, long lastUseNanos) {
    if (first.size() < MOST) {
      return false;
    }
    RecordedEntry last = first.last();
    return accessed == last.accessed() ? lastUseNanos > last.lastUseNanos() : accessed;
  }

  /** There is one more, which {@linkplain #isLate is late}. */
  void leaveOut() {
    left++;
  }

  /** Whether the next to go is one that is not kept. */
  boolean hasRunOut() {
    return first.isEmpty() && left > 0;
  }

  void remove(RecordedEntry entry) {
    first.remove(entry);
  }

  void remove(long id) {
    first.removeIf(entry -> entry.id() == id);
  }

  void clear() {
    first.clear();
    left = 0;
  }
}
