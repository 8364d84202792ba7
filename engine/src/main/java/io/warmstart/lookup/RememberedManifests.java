package io.warmstart.lookup;

import io.warmstart.io.FileFacts;
import io.warmstart.io.FileOps;
import io.warmstart.io.RacyWindow;
import io.warmstart.model.Digest256;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.KeyListing;
import io.warmstart.pair.ManifestFile;
import io.warmstart.ranking.Candidate;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * The manifests of keys with many runs, as they were read: a listing reads those again whose change
 * time is another one. By that, and not by size and modification time alone, which a program that
 * writes into a file can put back. Safe for all threads.
 */
final class RememberedManifests {
  /** Of keys with no more it is not worth it. */
  private static final int FEW = 32;

  /** So many manifests, of all keys together. */
  private static final int MOST = 20_000;

  private record Remembered(ManifestFile file, long ctime) {}

  private final FileOps ops;
  private final RacyWindow racyWindow;

  // Under the monitor.
  private final Map<Digest256, Map<String, Remembered>> byKey = new HashMap<>();
  private int count;

  RememberedManifests(FileOps ops, RacyWindow racyWindow) {
    this.ops = ops;
    this.racyWindow = racyWindow;
  }

  /** Those of a key that have not changed since they were read, by run id: one look at each. */
  Map<String, ManifestFile> unchanged(KeyDirectory directory) {
    Map<String, ManifestFile> unchanged = new HashMap<>();
    of(directory.key())
        .forEach(
            (runId, each) -> {
              if (ctime(directory, runId) == each.ctime) {
                unchanged.put(runId, each.file);
              }
            });
    return unchanged;
  }

  /**
   * Remembers what was listed.
   *
   * @param unchanged what {@link #unchanged} gave for it: that is remembered already
   * @param beganUnixNanos a moment before the listing: what has changed since, or so shortly before
   *     that another change may have the same time, may be another one than was read
   */
  void remember(
      KeyDirectory directory,
      Map<String, ManifestFile> unchanged,
      KeyListing listing,
      long beganUnixNanos) {
    Map<String, Remembered> last = of(directory.key());
    Map<String, Remembered> next = new HashMap<>();
    if (listing.candidates().size() > FEW) {
      for (Candidate candidate : listing.candidates()) {
        if (next.size() == MOST) {
          break;
        }
        String runId = candidate.runId();
        FileFacts facts = Objects.requireNonNull(listing.manifestFacts().get(runId));
        ManifestFile file = new ManifestFile(candidate.manifest(), facts);
        Remembered known = last.get(runId);
        if (known != null && file.equals(unchanged.get(runId))) {
          next.put(runId, known);
          continue;
        }
        long ctime = ctime(directory, runId);
        if (ctime >= 0 && !racyWindow.isRacy(ctime, beganUnixNanos)) {
          next.put(runId, new Remembered(file, ctime));
        }
      }
    }
    replace(directory.key(), next);
  }

  private synchronized Map<String, Remembered> of(Digest256 key) {
    return byKey.getOrDefault(key, Map.of());
  }

  private synchronized void replace(Digest256 key, Map<String, Remembered> next) {
    Map<String, Remembered> last = byKey.remove(key);
    count -= last == null ? 0 : last.size();
    if (next.isEmpty()) {
      return;
    }
    if (count + next.size() > MOST) {
      byKey.clear();
      count = 0;
    }
    byKey.put(key, next);
    count += next.size();
  }

  /** -1 if it cannot be read. */
  private long ctime(KeyDirectory directory, String runId) {
    try {
      return ops.changedNanos(directory.manifest(runId));
    } catch (IOException e) {
      return -1;
    }
  }
}
