package io.warmstart.key;

import io.warmstart.format.LabelsCodec;
import io.warmstart.model.Digest256;
import io.warmstart.model.StoreException;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.RootDirectory;
import io.warmstart.pair.StoreFailures;
import io.warmstart.policy.Labels;
import io.warmstart.runtime.EngineLog;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;

/** Changes the labels of a key, under its lock. Safe for all threads. */
public final class LabelFlow {
  /** To give a label again says that it is in use: once a minute that is written. */
  private static final long REFRESH_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** Each is a lock and two syncs; the others go with later sweeps. */
  private static final int MOST_FORGOTTEN = 256;

  /** Whether a key has entries that are no pairs yet. */
  @FunctionalInterface
  public interface Journalled {
    boolean has(Digest256 key) throws IOException;
  }

  private final RootDirectory root;
  private final RecoveringLocks locks;
  private final Journalled journalled;
  private final Labels labels;

  public LabelFlow(
      RootDirectory root, RecoveringLocks locks, Labels labels, Journalled journalled) {
    this.journalled = journalled;
    this.root = root;
    this.locks = locks;
    this.labels = labels;
  }

  /** Gives a key labels, all of them or none; returns how many of them it did not have. */
  public int label(Digest256 key, Map<String, String> given) {
    given.forEach(LabelsCodec::requireValid);
    return change(
        key,
        all -> {
          int changed = 0;
          for (Map.Entry<String, String> each : given.entrySet()) {
            changed += each.getValue().equals(all.put(each.getKey(), each.getValue())) ? 0 : 1;
          }
          if (all.size() > LabelsCodec.MOST_LABELS) {
            throw new StoreException(
                "nothing was labelled, the key would have too many labels: expected<="
                    + LabelsCodec.MOST_LABELS
                    + " actual="
                    + all.size()
                    + " key="
                    + key.toHex());
          }
          return changed;
        });
  }

  /** Takes a label from a key; returns whether it had one of that name. */
  public boolean unlabel(Digest256 key, String name) {
    return change(key, all -> all.remove(name) == null ? 0 : 1) > 0;
  }

  /**
   * Takes away the labels of keys that have no directory, if nobody has given them for so long.
   *
   * @param unusedNanos 0 = for ever: then all stay
   */
  public void forget(long unusedNanos) throws IOException {
    int forgotten = 0;
    List<Digest256> labelled = unusedNanos == 0 ? List.of() : labels.keys();
    Set<Digest256> present = labelled.isEmpty() ? Set.of() : new HashSet<>(root.keys());
    for (Digest256 key : labelled) {
      if (forgotten == MOST_FORGOTTEN) {
        break;
      }
      if (!present.contains(key) && labels.isOlder(key, unusedNanos)) {
        forgotten += forget(root.directory(key), unusedNanos) ? 1 : 0;
      }
    }
    if (forgotten > 0) {
      EngineLog.info(
          "labels are gone of keys without entries, unused for the TTL: keys=" + forgotten);
    }
  }

  private boolean forget(KeyDirectory directory, long unusedNanos) throws IOException {
    try (KeyUpdate update = locks.acquire(directory)) {
      // By now somebody may have saved, or labelled.
      if (!update.heldAcrossProcesses()
          || root.ops().statOrNull(directory.path()) != null
          || journalled.has(directory.key())
          || !labels.isOlder(directory.key(), unusedNanos)) {
        return false;
      }
      labels.toChange(directory.key());
      labels.replace(directory.key(), new TreeMap<>());
      return true;
    } catch (StoreException e) {
      // What this version cannot read stays.
      return false;
    }
  }

  /** The change answers how many labels it has changed, and so does this. */
  private int change(Digest256 key, ToIntFunction<SortedMap<String, String>> change) {
    KeyDirectory directory = root.directory(key);
    try (KeyUpdate update = locks.acquire(directory)) {
      if (!update.heldAcrossProcesses()) {
        throw new StoreException(
            "labels not changed, somebody holds the key's lock: directory=" + directory.path());
      }
      SortedMap<String, String> all = labels.toChange(key);
      int changed = change.applyAsInt(all);
      if (changed > 0 || labels.isOlder(key, REFRESH_NANOS)) {
        labels.replace(key, all);
      }
      return changed;
    } catch (IOException e) {
      throw StoreFailures.ofWriting("labels could not be changed", directory.path(), e);
    }
  }
}
