package io.warmstart;

/**
 * What one sweep did.
 *
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
 */
public record EvictionReport(
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
    long failures) {}
