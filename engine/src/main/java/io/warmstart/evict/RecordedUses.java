package io.warmstart.evict;

import io.warmstart.index.table.RecordedEntry;
import io.warmstart.mapped.Checksums;
import io.warmstart.model.Digest256;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The accesses that the index has recorded, by run: a key may have many, and each is asked for. */
final class RecordedUses {
  private final Map<Long, RecordedEntry> accessed = new HashMap<>();

  RecordedUses(Iterable<RecordedEntry> recorded) {
    for (RecordedEntry entry : recorded) {
      if (entry.accessed()) {
        accessed.merge(entry.id(), entry, (a, b) -> a.lastUseNanos() >= b.lastUseNanos() ? a : b);
      }
    }
  }

  /** The last access of a run; null if none is recorded. */
  @Nullable RecordedEntry of(Digest256 key, String runId) {
    return accessed.get(RecordedEntry.id(key, Checksums.ofRunId(runId)));
  }
}
