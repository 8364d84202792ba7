package io.warmstart.pair;

import io.warmstart.format.DirectoryNames;
import io.warmstart.format.StagedName;
import io.warmstart.model.Digest256;
import java.nio.file.Path;

/** Where the pairs of one key lie. */
public record KeyDirectory(Path root, Digest256 key) {
  /**
   * The directory, which need not exist. Made for each call: a save into the journal needs none.
   */
  public Path path() {
    return root.resolve(key.toHex());
  }

  /** The manifest's place. */
  public Path manifest(String runId) {
    return path().resolve(DirectoryNames.manifestName(runId));
  }

  /** The payload's place. */
  public Path payload(String runId) {
    return path().resolve(DirectoryNames.payloadName(runId));
  }

  /** The place of a staged file. */
  public Path staged(StagedName name) {
    return path().resolve(name.toText());
  }
}
