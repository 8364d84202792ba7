package io.warmstart.model;

import java.util.List;

/**
 * What one sweep did, or a dry run would do.
 *
 * @param dryRun whether it only tells what would go
 * @param sizeBudgetBytes the budget that it went by; {@link Long#MAX_VALUE} where the root's policy
 *     is damaged and nothing is evicted
 * @param entriesBefore entries found
 * @param bytesBefore the root's bytes before: payloads, manifests, leftovers of ours, quarantine
 * @param bytesAfter the root's bytes after
 * @param evicted entries removed because the root was over its budget
 * @param expired entries removed because their TTL had passed
 * @param quarantined entries and strays moved to quarantine
 * @param rolledForward saves cut off by a death that were completed
 * @param leftoversRemoved staged and temporary files of dead processes removed
 * @param quarantineRemoved files of the quarantine removed
 * @param otherFiles files found that are no entry and none of ours, which count against no budget;
 *     0 if the sweep had no need to look at the files
 * @param otherBytes their bytes
 * @param failures what could not be looked at or removed
 * @param removed the entries that went, in that order: the first {@link #MOST_LISTED} of them;
 *     {@code evicted} and {@code expired} count all
 * @param pinnedBytes where the root is over its budget still: what pinned entries take up, as far
 *     as that can be counted; else 0
 * @param unreadableBytes what those take up that the sweep could not read, and so did not remove,
 *     as far as it has looked and the index knows
 */
public record EvictionReport(
    boolean dryRun,
    long sizeBudgetBytes,
    long entriesBefore,
    long bytesBefore,
    long bytesAfter,
    long evicted,
    long expired,
    long quarantined,
    long rolledForward,
    long leftoversRemoved,
    long quarantineRemoved,
    long otherFiles,
    long otherBytes,
    long failures,
    List<Removed> removed,
    long pinnedBytes,
    long unreadableBytes) {
  /** How many entries are listed by name. */
  public static final int MOST_LISTED = 10_000;

  /** {@return by how much the root is over its budget still; 0 if it is within it} */
  public long overBudgetBytes() {
    return Math.max(0, bytesAfter - sizeBudgetBytes);
  }

  /** Why an entry went. */
  public enum Reason {
    /** Its TTL had passed. */
    EXPIRED,
    /** The root was over its budget. */
    OVER_BUDGET
  }

  /**
   * An entry that went.
   *
   * @param key its key
   * @param runId its run
   * @param bytes payload and manifest
   * @param reason why
   */
  public record Removed(Fingerprint key, String runId, long bytes, Reason reason) {}
}
