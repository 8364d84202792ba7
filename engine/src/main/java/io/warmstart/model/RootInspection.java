package io.warmstart.model;

/**
 * What lies in a root, by a look at every file and into the journal.
 *
 * @param entries entries found in key directories, and in the journal, whose bytes do not count
 * @param keys keys found, those that could not be listed too
 * @param bytes the root's bytes: payloads, manifests, leftovers of ours, quarantine
 * @param quarantineBytes the part of them that lies in quarantine
 * @param otherFiles files in key directories that are no entry and none of ours: copies under way,
 *     temporaries of the original store, names that mean nothing to us. They count against no
 *     budget
 * @param otherBytes their bytes
 * @param sizeBudgetBytes the budget that this store goes by: the root's, or its own. While none is
 *     in force, the default, or the root's bytes if they are more; {@link Long#MAX_VALUE} while the
 *     policy is damaged and nothing is evicted
 * @param liveProcesses processes of this machine that have the root open for writing; in a store
 *     that is read only 0, unless this JVM has it open for writing as well
 * @param unreadableKeys keys whose directory could not be listed: of them the bytes count that the
 *     index knows of, and no entry
 */
public record RootInspection(
    long entries,
    long keys,
    long bytes,
    long quarantineBytes,
    long otherFiles,
    long otherBytes,
    long sizeBudgetBytes,
    int liveProcesses,
    long unreadableKeys) {}
