package io.warmstart.remote.copy;

import io.warmstart.format.VersionName;
import io.warmstart.model.Digest256;
import io.warmstart.ranking.Candidate;
import io.warmstart.remote.copy.LocalEntries.Here;
import io.warmstart.remote.store.ObjectStore;
import java.io.IOException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Has the payload of the version that will come be read while its manifest is read: two requests
 * then take the time of one. What the names alone tell must be enough for a guess: a version that
 * is later than all there is here and there wins {@link io.warmstart.model.Ranking#LATEST}, unless
 * it is over the budget, or not what its name says. Safe for all threads.
 */
final class EarlyReads {
  private final ObjectStore store;
  private final LocalEntries local;
  private final Executor aside;

  /**
   * Makes it for one remote.
   *
   * @param aside has an idle thread read; it may drop what it is given
   */
  EarlyReads(ObjectStore store, LocalEntries local, Executor aside) {
    this.store = store;
    this.local = local;
    this.aside = aside;
  }

  /**
   * Begins to read a payload.
   *
   * @param latest of all versions that are there, or of those of the run that is wanted
   * @param run only what that has here counts; null for all runs
   * @return for the caller to close; null if the version is not likely to come, or asking for two
   *     objects at a time spares nothing
   */
  @Nullable EarlyPayload begin(Digest256 key, VersionName latest, @Nullable String run)
      throws IOException {
    if (!store.isDistant()
        || latest.nanos() == 0
        || local.mayHaveExpired(latest.nanos())
        || hasAsLate(key, latest, run)) {
      return null;
    }
    EarlyPayload early = new EarlyPayload(store, RemoteKey.prefix(key) + latest.payloadName());
    aside.execute(early);
    return early;
  }

  private boolean hasAsLate(Digest256 key, VersionName latest, @Nullable String run)
      throws IOException {
    for (Here each : local.entriesOf(key)) {
      Candidate candidate = each.candidate();
      if ((run == null || run.equals(candidate.runId()))
          && VersionName.of(candidate.runId(), candidate.manifest())
              .filter(here -> Long.compareUnsigned(here.nanos(), latest.nanos()) < 0)
              .isEmpty()) {
        return true;
      }
    }
    return false;
  }
}
