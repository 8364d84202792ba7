package io.warmstart.save;

import io.warmstart.format.Manifest;
import io.warmstart.format.Stamp;
import io.warmstart.model.Payload;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.PairWriter;
import org.jspecify.annotations.Nullable;

/** The save of one pair: what it is to save, and what its attempts have changed. For one thread. */
final class BegunPair {
  final KeyDirectory directory;
  final String runId;
  final Payload source;
  final PairWriter.ManifestOf manifestOf;

  /** What it has if it was saved before; null if this is its first save. */
  final @Nullable SavedBefore savedBefore;

  /** Whether the run becomes a known one. */
  final boolean remember;

  /** Whether the run may have a version already, be it by an attempt before. */
  boolean mayReplace;

  /** Whether its run had a later version already. */
  boolean superseded;

  /** How often the pair was in place, as far as this process saw. */
  int published;

  /** The manifest that was in place last. */
  @Nullable Manifest manifest;

  /** What the first publication has added to the root, beyond what it replaced. */
  long addedBytes;

  /** Whether files were renamed, which others have removed since. */
  boolean renamed;

  BegunPair(
      KeyDirectory directory,
      String runId,
      Payload source,
      PairWriter.ManifestOf manifestOf,
      @Nullable SavedBefore savedBefore,
      boolean mayReplace,
      boolean remember) {
    this.directory = directory;
    this.runId = runId;
    this.source = source;
    this.manifestOf = manifestOf;
    this.savedBefore = savedBefore;
    this.mayReplace = mayReplace;
    this.remember = remember;
  }

  /**
   * What a version has that was saved before, in the journal or elsewhere.
   *
   * @param written its stamp
   * @param isLater says whether a later one lies elsewhere than in a pair
   * @param inDoubt whether a pair of it may be in place whose names could not be synced
   * @param inPlace is told when files take its place
   */
  record SavedBefore(Stamp written, LaterVersion isLater, boolean inDoubt, Runnable inPlace) {}

  /** What to say of its failure: what is on disk then. */
  String failure() {
    String failed =
        savedBefore == null ? "save failed" : "what was saved could not be made into a pair";
    if (published > 0) {
      return failed + ", after other programs had removed what it had published";
    }
    return renamed
        ? failed + ", and other programs have removed files of it or of the version before it"
        : failed + ", nothing was changed";
  }
}
