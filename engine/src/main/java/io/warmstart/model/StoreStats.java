package io.warmstart.model;

import java.util.Map;
import java.util.OptionalLong;

/**
 * What the processes of this machine have counted; no file is looked at.
 *
 * @param bytes the root's bytes as all processes know them: payloads, manifests, leftovers of ours,
 *     quarantine; empty until somebody has counted all of the root, and where there is no index
 * @param sizeBudgetBytes the budget that this store goes by, as {@link
 *     RootInspection#sizeBudgetBytes}
 * @param liveProcesses processes of this machine that have the root open for writing; in a store
 *     that is read only 0, unless this JVM has it open for writing as well
 * @param counters each counter, summed over all processes since the machine started; in a store
 *     that is read only, those of the read-only stores of this process on the root
 */
public record StoreStats(
    OptionalLong bytes, long sizeBudgetBytes, int liveProcesses, Map<StoreCounter, Long> counters) {

  /**
   * What one counter has come to.
   *
   * @param counter which
   * @return the sum over all processes since the machine started
   */
  public long count(StoreCounter counter) {
    return counters.getOrDefault(counter, 0L);
  }
}
