package io.warmstart.evict;

import io.warmstart.model.Digest256;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.EvictionReport.Reason;
import io.warmstart.model.EvictionReport.Removed;
import io.warmstart.model.Fingerprint;
import io.warmstart.recover.RecoverFlow;
import io.warmstart.runtime.EngineLog;
import java.util.ArrayList;
import java.util.List;

/** What one sweep has done so far. For its thread. */
final class SweepTally {
  private static final int MOST_LOGGED = 10;

  final RecoverFlow.Result recovered = new RecoverFlow.Result();
  private final List<Removed> removed = new ArrayList<>();
  private long entriesBefore = -1;
  private long bytesBefore = -1;
  private long removedBytes;
  long bytesAfter;
  long evicted;
  long expired;
  long quarantineRemoved;
  long otherFiles;
  long otherBytes;
  long failures;
  long pinnedBytes;
  private long unreadableBytes;

  /** What the first look found; a later one may find more entries, as the index learns of them. */
  void before(long entries, long bytes) {
    if (bytesBefore < 0) {
      bytesBefore = bytes;
    }
    entriesBefore = Math.max(entriesBefore, entries);
  }

  /** What does not count; the most that a look found. */
  void other(long files, long bytes) {
    otherFiles = Math.max(otherFiles, files);
    otherBytes = Math.max(otherBytes, bytes);
  }

  /** What cannot be read, and so counts and stays; the most that a look found. */
  void unreadable(long bytes) {
    unreadableBytes = Math.max(unreadableBytes, bytes);
  }

  void removed(Digest256 key, String runId, long bytes, Reason reason) {
    switch (reason) {
      case EXPIRED -> expired++;
      case OVER_BUDGET -> evicted++;
    }
    removedBytes += bytes;
    if (removed.size() < EvictionReport.MOST_LISTED) {
      removed.add(new Removed(Fingerprint.ofDigest(key), runId, bytes, reason));
    }
  }

  /** What the entries held that went. */
  long removedBytes() {
    return removedBytes;
  }

  EvictionReport report(long budgetBytes, boolean dryRun) {
    return new EvictionReport(
        dryRun,
        budgetBytes,
        Math.max(0, entriesBefore),
        Math.max(0, bytesBefore),
        bytesAfter,
        evicted,
        expired,
        recovered.quarantined(),
        recovered.rolledForward(),
        recovered.leftoversRemoved(),
        quarantineRemoved,
        otherFiles,
        otherBytes,
        failures,
        List.copyOf(removed),
        bytesAfter > budgetBytes ? pinnedBytes : 0,
        unreadableBytes);
  }

  /** Logs what went. At the lowest level: a store at its budget does it always. */
  void log(long budgetBytes) {
    if (removed.isEmpty() || !EngineLog.isDebugging()) {
      return;
    }
    StringBuilder text =
        new StringBuilder(80)
            .append(evicted)
            .append(" evicted and ")
            .append(expired)
            .append(" expired, ")
            .append(removedBytes)
            .append(" bytes, budget=")
            .append(budgetBytes)
            .append(':');
    for (Removed each : removed.subList(0, Math.min(MOST_LOGGED, removed.size()))) {
      text.append(" key=").append(each.key().toHex()).append(" run id=").append(each.runId());
      text.append(each.reason() == Reason.EXPIRED ? " (expired)" : "").append(';');
    }
    long more = evicted + expired - Math.min(MOST_LOGGED, removed.size());
    text.setLength(text.length() - 1);
    EngineLog.debug(text + (more > 0 ? " and " + more + " more" : ""));
  }
}
