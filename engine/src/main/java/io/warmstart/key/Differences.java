package io.warmstart.key;

import io.warmstart.index.KeyCensus;
import io.warmstart.index.table.RecordedEntry;
import io.warmstart.model.Digest256;
import io.warmstart.pair.KeyListing;
import io.warmstart.ranking.Candidate;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * In which runs of a key a listing and the index differ: one of them is behind.
 *
 * @param listed runs that the index has otherwise, or has not
 * @param unlisted what the index has and was not listed, by run id
 */
public record Differences(Set<String> listed, Map<String, RecordedEntry> unlisted) {
  /**
   * Compares them. The caller holds the key's stripe, shared.
   *
   * @return null if one that was not listed is recorded without its run id, which is a long one
   */
  public static @Nullable Differences of(KeyCensus census, Digest256 key, KeyListing listing) {
    Set<String> listed = new LinkedHashSet<>();
    for (Candidate candidate : listing.candidates()) {
      if (!census.isRecorded(key, candidate)) {
        listed.add(candidate.runId());
      }
    }
    Map<String, RecordedEntry> unlisted = new HashMap<>();
    for (RecordedEntry entry : census.othersThan(key, listing.manifestFacts().keySet())) {
      String runId = entry.runId();
      if (runId == null) {
        return null;
      }
      unlisted.put(runId, entry);
    }
    return new Differences(listed, unlisted);
  }

  public int count() {
    return listed.size() + unlisted.size();
  }
}
