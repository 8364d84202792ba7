package io.warmstart.model;

import java.util.List;

/**
 * What a comparison of a root with a remote found, and did.
 *
 * @param dryRun whether nothing was done: then the items are what would go
 * @param items the entries that went, or would
 * @param keys how many keys were compared
 * @param problems what could not be done, a line each; empty if both are as they should be
 */
public record SyncReport(boolean dryRun, List<Item> items, long keys, List<String> problems) {
  /**
   * An entry on its way.
   *
   * @param key its key
   * @param runId its run here
   * @param bytes of its payload
   * @param toRemote whether it goes there, and does not come from there
   */
  public record Item(Fingerprint key, String runId, long bytes, boolean toRemote) {}

  /**
   * How many entries went one way, or would.
   *
   * @param toRemote whether there, and not from there
   * @return the number
   */
  public long count(boolean toRemote) {
    return items.stream().filter(item -> item.toRemote() == toRemote).count();
  }
}
