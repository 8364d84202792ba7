package io.warmstart.lookup;

import io.warmstart.model.Digest256;
import io.warmstart.ranking.Candidate;
import io.warmstart.segment.JournalEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The versions of a key that lie in the journal, laid over those that lie in pairs. */
final class JournalledRuns {
  /** Stands in a candidate until its payload is read: no ranking asks for it. */
  static final Digest256 NO_CHECKSUM = Digest256.ofWords(0, 0, 0, 0);

  private final Map<String, JournalEntry> byRun = new HashMap<>();

  /** Takes what the journal holds of a key. */
  JournalledRuns(List<JournalEntry> entries) {
    for (JournalEntry entry : entries) {
      byRun.put(entry.runId(), entry);
    }
  }

  boolean contains(String runId) {
    return byRun.containsKey(runId);
  }

  /** The candidates of a key, of each run the later version; of two as late, the pair. */
  List<Candidate> over(List<Candidate> pairs) {
    if (byRun.isEmpty()) {
      return pairs;
    }
    List<Candidate> candidates = new ArrayList<>(pairs.size() + byRun.size());
    for (Candidate pair : pairs) {
      JournalEntry entry = byRun.get(pair.runId());
      if (entry != null && entry.written().compareTo(pair.manifest().written()) > 0) {
        continue;
      }
      byRun.remove(pair.runId());
      candidates.add(pair);
    }
    for (JournalEntry entry : byRun.values()) {
      candidates.add(new Candidate(entry.runId(), entry.manifest(NO_CHECKSUM)));
    }
    return candidates;
  }

  /** The version in the journal that a candidate stands for; null if it stands for a pair. */
  @Nullable JournalEntry entry(Candidate candidate) {
    return byRun.get(candidate.runId());
  }
}
