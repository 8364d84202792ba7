package io.warmstart.save;

import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.format.Stamp;
import io.warmstart.io.FileFacts;
import io.warmstart.io.FileOps;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.ManifestFile;
import io.warmstart.pair.StagedPair;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Renames a staged pair into place, under the key's lock.
 *
 * <p>The order is: rename the payload; rename the manifest, which commits; look whether both are
 * really there. The two renames stand back to back, because a reader of the original store that
 * sees the new payload with the old manifest deletes both.
 *
 * <p>From the first rename on there is no way back: a payload in place and a staged manifest that
 * fits it are the new version, which readers answer and a caller that holds the lock next
 * completes.
 *
 * <p>Safe for all threads; the caller holds the lock of the key.
 */
public final class Publisher {
  private final FileOps ops;

  public Publisher(FileOps ops) {
    this.ops = ops;
  }

  /**
   * The files of a run before a save, each null if it is not there.
   *
   * @param payload its payload
   * @param manifest its manifest
   */
  public record Before(@Nullable FileFacts payload, @Nullable FileFacts manifest) {
    /** Of a run that is new. */
    public static final Before NOTHING = new Before(null, null);

    /** What counts of them: without a manifest a payload is no entry's. */
    public long bytes() {
      return manifest == null ? 0 : manifest.size() + (payload == null ? 0 : payload.size());
    }
  }

  /** Whether a run's manifest in place was written then or later. Under the key's lock. */
  boolean hasAsLate(KeyDirectory directory, String runId, Stamp written) throws IOException {
    try {
      Manifest inPlace = ManifestFile.read(ops, directory.manifest(runId)).manifest();
      // A manifest whose payload is lost is no entry.
      return inPlace.written().compareTo(written) >= 0
          && inPlace.fitsLength(ops.stat(directory.payload(runId)).size());
    } catch (NoSuchFileException | ManifestFormatException e) {
      return false;
    }
  }

  /** Looks at what a pair is about to replace. */
  public Before before(StagedPair pair) throws IOException {
    return new Before(
        factsOf(pair.directory().payload(pair.runId())),
        factsOf(pair.directory().manifest(pair.runId())));
  }

  /**
   * Publishes.
   *
   * @return whether both files were found in place after the renames; if not, a store that knows no
   *     lock has removed them
   * @throws NoSuchFileException if the directory or the staged files have vanished
   * @throws CutOffException if the second rename failed: the staged manifest stays, for recovery
   * @throws IOException if the first rename failed: nothing was changed
   */
  public boolean publish(StagedPair pair) throws IOException {
    Path payload = pair.directory().payload(pair.runId());
    Path manifest = pair.directory().manifest(pair.runId());
    ops.rename(pair.stagedPayload(), payload);
    try {
      ops.rename(pair.stagedManifest(), manifest);
    } catch (NoSuchFileException e) {
      // Somebody whom our lock does not keep out has removed it, or has taken us for dead between
      // the renames, and has done the second one for us.
      if (!is(manifest, pair.manifestFacts())) {
        throw e;
      }
    } catch (IOException e) {
      throw new CutOffException(e);
    }
    return inPlace(pair);
  }

  /** Whether both names lead to the files of this pair. */
  private boolean inPlace(StagedPair pair) {
    return is(pair.directory().payload(pair.runId()), pair.payloadFacts())
        && is(pair.directory().manifest(pair.runId()), pair.manifestFacts());
  }

  /**
   * Whether a published pair is still there: itself, or that of a later save of the same run, which
   * has taken its place by right.
   *
   * <p>A touch of the original store reads a manifest, and renames what it read back into place
   * with a new stamp, after a sync. If a save comes in between, the manifest before it is put over
   * the new one, and the next reader of the original deletes both halves.
   *
   * <p>A later save renames its payload first. So a manifest that is not ours tells of a foreign
   * hand only if the payload is ours after the look at it, and not only before.
   */
  public boolean stands(StagedPair pair) {
    try {
      return !holdsOurPayload(pair) || holdsOurManifest(pair) || !holdsOurPayload(pair);
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      // Both renames have succeeded, which says more than a look that fails.
      return true;
    }
  }

  private boolean holdsOurPayload(StagedPair pair) throws IOException {
    return ops.stat(pair.directory().payload(pair.runId())).sameContentAs(pair.payloadFacts());
  }

  /** Whether the manifest is ours, or tells of our payload with another stamp. */
  private boolean holdsOurManifest(StagedPair pair) throws IOException {
    Path manifest = pair.directory().manifest(pair.runId());
    try {
      return ops.stat(manifest).sameContentAs(pair.manifestFacts())
          || ManifestFile.read(ops, manifest)
              .manifest()
              .checksum()
              .equals(pair.manifest().checksum());
    } catch (NoSuchFileException | ManifestFormatException e) {
      return false;
    }
  }

  private boolean is(Path path, FileFacts expected) {
    try {
      return ops.stat(path).sameContentAs(expected);
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  private @Nullable FileFacts factsOf(Path path) throws IOException {
    FileFacts facts = ops.statOrNull(path);
    if (facts != null && facts.directory()) {
      throw new FileSystemException(path.toString(), null, "is a directory");
    }
    return facts;
  }

  /** The payload is in place and the manifest still staged. */
  public static final class CutOffException extends IOException {
    private static final long serialVersionUID = 1L;

    private final IOException reason;

    CutOffException(IOException reason) {
      super(reason);
      this.reason = reason;
    }

    /** What the second rename failed with. */
    public IOException reason() {
      return reason;
    }
  }
}
