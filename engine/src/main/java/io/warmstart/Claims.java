package io.warmstart;

import io.warmstart.claim.KeyClaim;
import io.warmstart.claim.OtherMachines;
import io.warmstart.engine.Engine;
import io.warmstart.model.ClaimOptions;
import io.warmstart.model.Fingerprint;
import io.warmstart.pair.StoreFailures;
import io.warmstart.remote.Remote;
import io.warmstart.runtime.FirstTable;
import io.warmstart.runtime.OpenParts;
import java.util.Collections;
import java.util.HashMap;
import org.jspecify.annotations.Nullable;

/** The claims of one store, which end with it. Safe for all threads. */
final class Claims implements AutoCloseable {
  private final Engine engine;
  private final @Nullable Remote remote;
  private final Lookups lookups;
  private final Runnable ensureOpen;

  /** One that is forgotten stays open. */
  private final OpenParts<KeyClaim> open =
      new OpenParts<>(
          Collections.newSetFromMap(FirstTable.of(new HashMap<>())),
          each -> each.close("was closed with its store"));

  Claims(Engine engine, @Nullable Remote remote, Lookups lookups, Runnable ensureOpen) {
    this.engine = engine;
    this.remote = remote;
    this.lookups = lookups;
    this.ensureOpen = ensureOpen;
  }

  Claim claim(Fingerprint key, ClaimOptions options) {
    StoreFailures.requireRoot(engine.rootWatch(), "nothing was claimed");
    OtherMachines others = remote == null ? null : remote.claims();
    if (remote != null && (others == null || !options.acrossMachines())) {
      // Another machine may have finished it; those who wait then go by what is here.
      remote.askNow(key.digest(), null);
    }
    KeyClaim claim =
        new KeyClaim(
            engine.siblings(),
            others,
            options,
            key.digest(),
            engine.root(),
            () -> lookups.isFinished(key),
            open::remove);
    // Before it is had: the caller must be able to give it back.
    Claim made = new Claim(claim, key, engine.place().nodeLocal() || remote != null);
    open.add(claim);
    boolean begun = false;
    try {
      ensureOpen.run();
      claim.begin();
      begun = true;
    } finally {
      if (!begun) {
        claim.close("was not made");
      }
    }
    return made;
  }

  @Override
  public void close() {
    open.close();
  }
}
