package io.warmstart.pair;

import io.warmstart.format.DirectoryNames;
import io.warmstart.format.StagedName;
import io.warmstart.model.Digest256;
import java.nio.file.Path;
import java.util.Objects;

/**
 * Where the pairs of one key lie.
 *
 * @param key the fingerprint
 * @param path the directory, which need not exist
 */
public record KeyDirectory(Digest256 key, Path path) {
  /** The directory of a key in a root. */
  public static KeyDirectory of(Path root, Digest256 key) {
    return new KeyDirectory(key, root.resolve(key.toHex()));
  }

  /** The root. */
  public Path root() {
    return Objects.requireNonNull(path.getParent());
  }

  /** The manifest's place. */
  public Path manifest(String runId) {
    return path.resolve(DirectoryNames.manifestName(runId));
  }

  /** The payload's place. */
  public Path payload(String runId) {
    return path.resolve(DirectoryNames.payloadName(runId));
  }

  /** The place of a staged file. */
  public Path staged(StagedName name) {
    return path.resolve(name.toText());
  }
}
