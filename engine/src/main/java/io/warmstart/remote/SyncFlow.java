package io.warmstart.remote;

import io.warmstart.model.Digest256;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreException;
import io.warmstart.model.SyncDirection;
import io.warmstart.model.SyncReport;
import io.warmstart.pair.StoreFailures;
import io.warmstart.remote.copy.LocalEntries;
import io.warmstart.remote.copy.LocalEntries.ClosedException;
import io.warmstart.remote.copy.LocalException;
import io.warmstart.remote.copy.RemoteKey;
import io.warmstart.remote.copy.RemoteReader;
import io.warmstart.remote.copy.RemoteWriter;
import io.warmstart.remote.store.ObjectStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToLongFunction;

/**
 * Compares a root with a remote, key by key, and has what one lacks come from the other, or go
 * there. What fails of one key is told, and the others go on. For one thread.
 */
public final class SyncFlow {
  private final ObjectStore store;
  private final LocalEntries local;
  private final RemoteWriter writer;
  private final RemoteReader reader;

  public SyncFlow(ObjectStore store, LocalEntries local) {
    this.store = store;
    this.local = local;
    this.writer = new RemoteWriter(store, local);
    this.reader = new RemoteReader(store, local, early -> {});
  }

  /**
   * Compares and, unless it is a dry run, transfers.
   *
   * @param keys which; all if empty
   * @throws StoreException if the remote cannot be listed
   * @throws IllegalStateException if the store is closed before anything was compared; later it is
   *     told, and the rest is left
   */
  public SyncReport run(Collection<Fingerprint> keys, SyncDirection direction, boolean dryRun) {
    List<SyncReport.Item> items = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    Set<Digest256> all = new TreeSet<>();
    Map<Digest256, RemoteKey> there = new HashMap<>();
    ToLongFunction<Digest256> removals;
    try {
      settleLeft(problems);
      removals = local.removals();
      if (keys.isEmpty()) {
        there.putAll(RemoteKey.listAll(store));
        all.addAll(local.keys());
      }
      for (Fingerprint each : keys) {
        there.put(each.digest(), RemoteKey.list(store, each.digest()));
      }
      all.addAll(there.keySet());
      if (!dryRun) {
        local.removeLeftovers();
      }
    } catch (ClosedException e) {
      throw new IllegalStateException(e.getMessage(), e);
    } catch (IOException e) {
      throw new StoreException(
          "the remote cannot be compared with: "
              + StoreFailures.describeWithFile(e)
              + " remote="
              + store.name(),
          e);
    }
    for (Digest256 key : all) {
      String hex = key.toHex();
      RemoteKey listing = there.getOrDefault(key, RemoteKey.NOTHING);
      try {
        if (direction != SyncDirection.PULL
            && !writer.push(key, listing, dryRun, items, runId -> {})) {
          problems.add("was being replaced: key=" + hex);
        }
        if (direction != SyncDirection.PUSH) {
          long refused = reader.refused();
          boolean whole =
              reader.fetch(
                  key,
                  listing,
                  removals.applyAsLong(key),
                  RemoteReader.Wanted.ALL,
                  null,
                  dryRun,
                  items);
          if (reader.refused() > refused) {
            problems.add("objects that cannot be used: key=" + hex);
          }
          if (!whole) {
            problems.add("was being replaced there: key=" + hex);
          }
        }
      } catch (ClosedException e) {
        problems.add(e.getMessage() + ", not all was compared: from key=" + hex + " on");
        break;
      } catch (IOException e) {
        problems.add(StoreFailures.describeWithFile(e) + " key=" + hex);
      }
    }
    return new SyncReport(dryRun, List.copyOf(items), all.size(), List.copyOf(problems));
  }

  /** A run of which no pair can be made keeps no other from going. */
  private void settleLeft(List<String> problems) throws IOException {
    try {
      local.settleLeft();
    } catch (LocalException e) {
      problems.add("not all that was saved is in files: " + e.getMessage());
    }
  }
}
