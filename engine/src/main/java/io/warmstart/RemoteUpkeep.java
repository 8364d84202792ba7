package io.warmstart;

import io.warmstart.model.RemoteCheck;
import io.warmstart.model.RemoteOptions;
import io.warmstart.model.RemoteSweepReport;
import io.warmstart.model.StoreException;
import io.warmstart.pair.StoreFailures;
import io.warmstart.remote.RemoteCheckFlow;
import io.warmstart.remote.RemoteSweepFlow;
import io.warmstart.remote.store.ObjectStore;
import io.warmstart.remote.store.ObjectStores;
import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;

/** The upkeep of a remote; no root is needed. */
public final class RemoteUpkeep {
  private RemoteUpkeep() {}

  /**
   * Tries whether a remote does what a remote must: makes an object of a random name, tries to make
   * it again, lists it, reads it, and removes it.
   *
   * <p><b>Blocks:</b> until it has answered; an interrupt does not end it.
   *
   * @param remote to be tried; written to, unless it is read-only
   * @return what it did; a remote that cannot be reached has failed
   * @throws IllegalArgumentException if it is read-only
   * @throws StoreException if what its kind needs is not on the class path
   */
  public static RemoteCheck check(RemoteOptions remote) {
    requireWritable(remote);
    try (ObjectStore store = ObjectStores.open(remote.url())) {
      return Uninterrupted.apart("warmstart-check", () -> RemoteCheckFlow.run(store));
    }
  }

  /**
   * Removes what counts for nobody: versions that a later one of their run has superseded, and
   * payloads that have lain there for more than a day without a manifest, and claims that later
   * ones have followed. Entries stay, however old.
   *
   * <p><b>Blocks:</b> until all is done; an interrupt does not end it.
   *
   * @param remote to be swept
   * @param dryRun whether only to tell what would go
   * @return what went, or would
   * @throws IllegalArgumentException if it is read-only, and this is no dry run
   * @throws StoreException if it cannot be listed, or an object cannot be removed: others may have
   *     been
   */
  public static RemoteSweepReport sweep(RemoteOptions remote, boolean dryRun) {
    if (!dryRun) {
      requireWritable(remote);
    }
    try (ObjectStore store = ObjectStores.open(remote.url())) {
      return Uninterrupted.apart(
          "warmstart-sweep-remote", () -> RemoteSweepFlow.run(store, dryRun));
    } catch (IOException e) {
      throw new StoreException(
          "the remote cannot be swept: " + StoreFailures.describeWithFile(e), e);
    }
  }

  private static void requireWritable(RemoteOptions remote) {
    if (remote.readOnly()) {
      throw new IllegalArgumentException("a read-only remote takes nothing: " + remote.url());
    }
  }
}
