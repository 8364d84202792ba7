package io.warmstart.evict;

import io.warmstart.journal.JournalView;
import io.warmstart.key.KeyUpdate;
import io.warmstart.key.RecoveringLocks;
import io.warmstart.model.Digest256;
import io.warmstart.model.StoreException;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.RootDirectory;
import io.warmstart.pair.StoreFailures;
import io.warmstart.policy.PinnedBytes;
import io.warmstart.policy.Pins;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import org.jspecify.annotations.Nullable;

/**
 * Pins what no sweep is to remove: under the key's lock, so that a sweep which has seen no pin has
 * either removed the entry by then, or has to look again.
 *
 * <p>Safe for all threads.
 */
public final class PinFlow {
  private final RootDirectory root;
  private final RecoveringLocks locks;
  private final JournalView journal;
  private final Pins pins;
  private final PinnedBytes pinnedBytes;

  public PinFlow(
      RootDirectory root,
      RecoveringLocks locks,
      JournalView journal,
      Pins pins,
      PinnedBytes pinnedBytes) {
    this.root = root;
    this.locks = locks;
    this.journal = journal;
    this.pins = pins;
    this.pinnedBytes = pinnedBytes;
  }

  /**
   * Pins a run, or a key.
   *
   * @param runId null for the key, whatever lies under it
   * @return false if the run has no entry: then nothing is pinned
   */
  public boolean pin(Digest256 key, @Nullable String runId) {
    KeyDirectory directory = root.directory(key);
    try (KeyUpdate update = locks.acquire(directory)) {
      if (!update.heldAcrossProcesses()) {
        throw new StoreException(
            "not pinned, somebody holds the key's lock: directory=" + directory.path());
      }
      if (runId != null && !isThere(directory, runId)) {
        return false;
      }
      pins.add(key, runId);
      pinnedBytes.refresh();
      return true;
    } catch (IOException e) {
      throw StoreFailures.ofWriting("it could not be pinned", directory.path(), e);
    }
  }

  /**
   * Takes a pin away.
   *
   * @param runId null for that of the key
   * @return false if there was none
   */
  public boolean unpin(Digest256 key, @Nullable String runId) {
    try {
      boolean removed = pins.remove(key, runId);
      pinnedBytes.refresh();
      return removed;
    } catch (IOException e) {
      throw StoreFailures.ofWriting("the pin could not be removed", root.path(), e);
    }
  }

  private boolean isThere(KeyDirectory directory, String runId) throws IOException {
    try {
      return root.ops().stat(directory.manifest(runId)).regular();
    } catch (NoSuchFileException e) {
      return journal.holds(directory.key(), runId);
    }
  }
}
