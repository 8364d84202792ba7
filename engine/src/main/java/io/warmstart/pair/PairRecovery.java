package io.warmstart.pair;

import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.format.SchemaVersionException;
import io.warmstart.format.StagedName;
import io.warmstart.io.FileFacts;
import io.warmstart.io.FileOps;
import io.warmstart.model.Digest256;
import io.warmstart.pair.PairReader.StagedManifest;
import io.warmstart.quarantine.Quarantine;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Mends one pair whose halves do not fit.
 *
 * <p>A publish that was cut off leaves enough to complete it, whatever the cut: after the first
 * rename, the new payload in place and the new manifest staged; if the file system kept the second
 * rename and lost the first, the new manifest in place and the new payload staged. So, in this
 * order: a staged manifest that fits the payload in place is renamed into place (roll forward); a
 * staged payload that fits the manifest in place is, or the link to the payload before that earlier
 * versions of this engine kept; what cannot be mended goes to quarantine, if it is proven bad.
 *
 * <p>Programs that take no lock of ours write pairs too, and not only by renames: {@code tar} and
 * {@code cp} write the files in place, one after the other. So a half that is missing proves
 * nothing to a lookup; and nothing that has changed within the last minute proves anything, but a
 * manifest of another schema version, which is complete by what it says.
 *
 * <p>The caller holds the lock of the key. Then nobody who respects it stands between two renames,
 * so a staged manifest that fits is a cut-off publish, or the same payload about to be saved again:
 * its owner would find its file gone and stage again. Safe for all threads.
 */
public final class PairRecovery {
  private final FileOps ops;
  private final PairReader reader;
  private final Quarantine quarantine;
  private final ChangeAges ages;
  private final StagedOwners owners;

  /**
   * Makes the recovery of one root.
   *
   * @param owners whether the owner of a staged file is gone
   */
  public PairRecovery(
      FileOps ops, PairReader reader, Quarantine quarantine, ChangeAges ages, StagedOwners owners) {
    this.ops = ops;
    this.reader = reader;
    this.quarantine = quarantine;
    this.ages = ages;
    this.owners = owners;
  }

  /** What may go to quarantine if it cannot be mended. */
  public enum Judgement {
    /** Nothing: a writer may be between its renames whom no lock of ours keeps out. */
    NONE,
    /** Two halves that do not fit, and what is no manifest. */
    LOOKUP,
    /** A half without the other one too. */
    SWEEP
  }

  /** What is wrong with a pair. */
  private enum Fault {
    NONE,
    MISSING_BOTH,
    MISSING_HALF,
    MISFIT,
    WRONG_SCHEMA
  }

  /** A payload that is a regular file. */
  private record PayloadInPlace(long bytes, Digest256 checksum) {}

  /**
   * The halves that are in place.
   *
   * @param manifest null if there is none that can be read
   * @param payload null if there is none that can be one
   * @param reason what is wrong, for a person who finds them in quarantine
   */
  private record Halves(
      @Nullable Manifest manifest, @Nullable PayloadInPlace payload, Fault fault, String reason) {}

  /** What came of it. */
  public enum Outcome {
    /** The pair is whole now, or was when looked at under the lock. */
    WHOLE,
    /** A cut-off publish was completed. */
    ROLLED_FORWARD,
    /** The files were moved to quarantine. */
    QUARANTINED,
    /** There is no such entry any more, or its files went while they were looked at. */
    GONE,
    /** Nothing is proven: somebody may be at work, or the files are too young to tell. */
    UNDECIDED
  }

  /**
   * Mends a pair.
   *
   * @param judgement what may go to quarantine once it is a minute old
   * @param locked whether the lock keeps other processes out; if not, only dead owners' files are
   *     used
   */
  public Outcome recover(KeyDirectory directory, String runId, Judgement judgement, boolean locked)
      throws IOException {
    try {
      return recoverOnce(directory, runId, judgement, locked);
    } catch (NoSuchFileException e) {
      // A store that knows no lock removes files at any moment, and then there is nothing to mend.
      return Outcome.GONE;
    }
  }

  private Outcome recoverOnce(
      KeyDirectory directory, String runId, Judgement judgement, boolean locked)
      throws IOException {
    long began = ages.monotonicNanos();
    Halves halves = look(directory, runId);
    if (halves.fault() == Fault.MISSING_BOTH) {
      return Outcome.GONE;
    }
    if (halves.fault() == Fault.NONE) {
      return Outcome.WHOLE;
    }
    if (rollForward(directory, runId, halves, locked ? StagedOwners.ANYBODY : owners)) {
      return Outcome.ROLLED_FORWARD;
    }
    if (!isProven(judgement, halves.fault()) || !isOld(halves.fault(), directory, runId, began)) {
      return Outcome.UNDECIDED;
    }
    quarantine.take(
        directory.key(),
        halves.reason(),
        List.of(directory.manifest(runId), directory.payload(runId)));
    return Outcome.QUARANTINED;
  }

  private Halves look(KeyDirectory directory, String runId) throws IOException {
    Path manifestPath = directory.manifest(runId);
    Path payloadPath = directory.payload(runId);
    FileFacts facts = ops.statOrNull(payloadPath);
    Manifest manifest = null;
    Fault fault = Fault.MISSING_HALF;
    String reason = "payload is missing: file=" + payloadPath;
    try {
      manifest = ManifestFile.read(ops, manifestPath).manifest();
    } catch (NoSuchFileException e) {
      fault = facts == null ? Fault.MISSING_BOTH : Fault.MISSING_HALF;
      reason = "manifest is missing: file=" + manifestPath;
    } catch (ManifestFormatException e) {
      fault = e instanceof SchemaVersionException ? Fault.WRONG_SCHEMA : Fault.MISFIT;
      reason = e.getMessage() + " file=" + manifestPath;
    }
    if (facts == null) {
      return new Halves(manifest, null, fault, reason);
    }
    if (!facts.regular()) {
      return new Halves(
          manifest,
          null,
          manifest == null ? fault : Fault.MISFIT,
          "payload is not a regular file: file=" + payloadPath);
    }
    Digest256 checksum = reader.checksum(payloadPath);
    // Once more: a network file system may have answered the first time from what it had cached,
    // and has asked its server since, to open the file.
    PayloadInPlace payload = new PayloadInPlace(ops.stat(payloadPath).size(), checksum);
    if (manifest == null) {
      return new Halves(null, payload, fault, reason);
    }
    if (manifest.fits(payload.bytes(), checksum)) {
      return new Halves(manifest, payload, Fault.NONE, "");
    }
    return new Halves(
        manifest,
        payload,
        Fault.MISFIT,
        "payload does not fit its manifest: expected="
            + manifest.checksum().toHex()
            + " actual="
            + checksum.toHex()
            + " file="
            + payloadPath);
  }

  /** Renames the staged half into place that fits the one there; false if there is none. */
  private boolean rollForward(
      KeyDirectory directory, String runId, Halves halves, StagedOwners usable) throws IOException {
    PayloadInPlace payload = halves.payload();
    if (payload != null) {
      StagedManifest fitting =
          StagedManifest.fitting(
              reader.stagedManifests(directory, runId, usable),
              payload.bytes(),
              payload.checksum());
      if (fitting != null) {
        ops.rename(fitting.path(), directory.manifest(runId));
        return true;
      }
    }
    Manifest manifest = halves.manifest();
    Path fitting = manifest == null ? null : stagedPayloadFor(directory, runId, manifest, usable);
    if (fitting == null) {
      return false;
    }
    ops.rename(fitting, directory.payload(runId));
    return true;
  }

  private static boolean isProven(Judgement judgement, Fault fault) {
    return switch (judgement) {
      case NONE -> false;
      case LOOKUP -> fault != Fault.MISSING_HALF;
      case SWEEP -> true;
    };
  }

  private boolean isOld(Fault fault, KeyDirectory directory, String runId, long began)
      throws IOException {
    return fault == Fault.WRONG_SCHEMA || ages.isSettled(directory, runId, began);
  }

  /** Mends every pair of a key that a publish may have been cut off in. */
  public int recoverKey(KeyDirectory directory, boolean locked) throws IOException {
    int mended = 0;
    Set<String> runIds = new LinkedHashSet<>();
    for (String name : SettledListing.of(ops, directory).names()) {
      StagedName staged = StagedName.parse(name);
      if (staged != null) {
        runIds.add(staged.runId());
      }
    }
    for (String runId : runIds) {
      if (recover(directory, runId, Judgement.NONE, locked) == Outcome.ROLLED_FORWARD) {
        mended++;
      }
    }
    return mended;
  }

  private @Nullable Path stagedPayloadFor(
      KeyDirectory directory, String runId, Manifest manifest, StagedOwners usable)
      throws IOException {
    for (StagedName staged : SettledListing.of(ops, directory).staged(runId)) {
      Path path = directory.staged(staged);
      try {
        if (staged.role() != StagedName.Role.MANIFEST && usable.areGone(directory, staged)) {
          FileFacts facts = ops.stat(path);
          if (facts.regular()
              && manifest.fitsLength(facts.size())
              && manifest.fits(facts.size(), reader.checksum(path))) {
            return path;
          }
        }
      } catch (NoSuchFileException e) {
        // Gone: not the one.
      }
    }
    return null;
  }
}
