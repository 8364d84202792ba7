package io.warmstart.remote.copy;

import io.warmstart.format.Manifest;
import io.warmstart.format.VersionName;
import io.warmstart.ranking.Candidate;

/**
 * A version that a remote has.
 *
 * @param runId as it stands there, where a long one is shortened
 */
record RemoteVersion(String runId, Manifest manifest, VersionName name) {
  /** A name whose stamp is not its manifest's is a run id that looks like one. */
  static RemoteVersion of(VersionName name, Manifest manifest) {
    boolean stamped =
        name.nanos() != 0 && VersionName.of(name.stem(), manifest).filter(name::equals).isPresent();
    return new RemoteVersion(stamped ? name.runId() : name.stem(), manifest, name);
  }

  Candidate candidate() {
    return new Candidate(runId, manifest);
  }
}
