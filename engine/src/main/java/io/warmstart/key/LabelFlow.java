package io.warmstart.key;

import io.warmstart.format.LabelsCodec;
import io.warmstart.model.Digest256;
import io.warmstart.model.StoreException;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.RootDirectory;
import io.warmstart.pair.StoreFailures;
import io.warmstart.policy.Labels;
import java.io.IOException;
import java.util.SortedMap;
import java.util.function.Predicate;

/** Changes the labels of a key, under its lock. Safe for all threads. */
public final class LabelFlow {
  private final RootDirectory root;
  private final RecoveringLocks locks;
  private final Labels labels;

  public LabelFlow(RootDirectory root, RecoveringLocks locks, Labels labels) {
    this.root = root;
    this.locks = locks;
    this.labels = labels;
  }

  /** Gives a key a label; returns whether it did not have it. */
  public boolean label(Digest256 key, String name, String value) {
    LabelsCodec.requireValid(name, value);
    return change(
        key,
        all -> {
          boolean changed = !value.equals(all.put(name, value));
          if (all.size() > LabelsCodec.MOST_LABELS) {
            throw new StoreException(
                "the key has too many labels: expected<="
                    + LabelsCodec.MOST_LABELS
                    + " key="
                    + key.toHex());
          }
          return changed;
        });
  }

  /** Takes a label from a key; returns whether it had one of that name. */
  public boolean unlabel(Digest256 key, String name) {
    return change(key, all -> all.remove(name) != null);
  }

  private boolean change(Digest256 key, Predicate<SortedMap<String, String>> change) {
    KeyDirectory directory = root.directory(key);
    try (KeyUpdate update = locks.acquire(directory)) {
      if (!update.heldAcrossProcesses()) {
        throw new StoreException(
            "labels not changed, somebody holds the key's lock: directory=" + directory.path());
      }
      SortedMap<String, String> all = labels.toChange(key);
      boolean changed = change.test(all);
      if (changed) {
        labels.replace(key, all);
      }
      return changed;
    } catch (IOException e) {
      throw StoreFailures.ofWriting("labels could not be changed", directory.path(), e);
    }
  }
}
