package io.warmstart.index;

import io.warmstart.index.table.EntryTable;
import io.warmstart.index.table.EvictionOrder;
import io.warmstart.index.table.IndexFiles;
import io.warmstart.index.table.LocalChanges;
import io.warmstart.index.table.StripeTotals;
import java.util.function.IntUnaryOperator;

/**
 * One generation of the index, as files, as what stands in them, and as what this process has in
 * memory of its winners. Safe for all threads.
 */
final class Generation {
  private final IndexFiles files;
  private final KeyTable keys;
  private final StripeTotals totals;
  private final EntryTable entries;
  private final EvictionOrder order;
  private final HotTable cached = new HotTable();

  Generation(IndexFiles files, IntUnaryOperator pages) {
    this.files = files;
    this.keys = new KeyTable(files, pages);
    this.totals = new StripeTotals(files.base);
    LocalChanges changes = new LocalChanges();
    this.entries = new EntryTable(files, totals, changes, pages);
    this.order = new EvictionOrder(totals, entries, changes);
  }

  IndexFiles files() {
    return files;
  }

  KeyTable keys() {
    return keys;
  }

  HotTable cached() {
    return cached;
  }

  StripeTotals totals() {
    return totals;
  }

  EntryTable entries() {
    return entries;
  }

  /** For sweeps, one thread at a time. */
  EvictionOrder order() {
    return order;
  }
}
