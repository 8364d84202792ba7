package io.warmstart.evict;

import io.warmstart.index.table.EntryFacts;
import io.warmstart.index.table.RecordedEntry;
import io.warmstart.model.Digest256;
import io.warmstart.policy.Pins;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * An entry that a sweep has chosen, by what it was known to be then. The manifest decides.
 *
 * @param runId null if the index has recorded a run id that is too long for it
 * @param lastUseNanos unix nanoseconds of the last write or access
 * @param accessed whether a lookup has returned it
 * @param recorded its record in the index, if it was chosen by that
 */
record Victim(
    Digest256 key,
    @Nullable String runId,
    long lastUseNanos,
    boolean accessed,
    @Nullable RecordedEntry recorded) {
  /** The order of eviction: never accessed first, then the oldest use, then by path. */
  static final Comparator<Victim> ORDER =
      Comparator.comparing(Victim::accessed)
          .thenComparing(Victim::lastUseNanos)
          .thenComparing(Victim::key)
          .thenComparing(victim -> String.valueOf(victim.runId()));

  /** Whether it is among the pinned. */
  boolean isPinnedBy(Pins.Known pins) {
    String run = runId;
    if (run != null) {
      return pins.covers(key, run);
    }
    RecordedEntry record = recorded;
    return record != null && pins.covers(key, record::isOf);
  }

  static Victim of(RecordedEntry entry) {
    return new Victim(entry.key(), entry.runId(), entry.lastUseNanos(), entry.accessed(), entry);
  }

  static Victim of(Digest256 key, EntryFacts facts) {
    return new Victim(key, facts.runId(), facts.lastUseNanos(), facts.accessed(), null);
  }
}
