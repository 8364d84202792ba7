package io.warmstart.pair;

import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.format.StagedName;
import io.warmstart.io.FileFacts;
import io.warmstart.io.FileOps;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Removes a pair that another machine may be overwriting at that moment, if it still is the version
 * that the removal was decided for.
 *
 * <p>No lock keeps other machines out, so what one of them publishes between the last look and an
 * unlink would go with it. So each file gets a staged name first, by a rename, and what has come
 * under that name is looked at:
 *
 * <ol>
 *   <li>The manifest. If it is of another version, it is put back.
 *   <li>The payload. If it is another file, or there is a manifest again, an overwrite has put it
 *       there: both are put back. One that renames its manifest later than this look finds its
 *       payload gone when it looks at its pair, and publishes again.
 *   <li>Both staged names are unlinked.
 * </ol>
 *
 * <p>To put back is to link, which leaves alone what was published meanwhile. A death in between
 * leaves staged files that complete the pair, as those of a save do. For the holder of the key's
 * lock; safe for all threads.
 */
public final class PairRemoval {
  private final FileOps ops;
  private final PairWriter pairWriter;

  public PairRemoval(FileOps ops, PairWriter pairWriter) {
    this.ops = ops;
    this.pairWriter = pairWriter;
  }

  /** A version, as it is before a removal is decided. */
  public record Judged(Manifest manifest, @Nullable FileFacts payload) {}

  /**
   * Looks at a pair: the payload first, which a save publishes first.
   *
   * @return null if there is no manifest that can be read
   */
  public @Nullable Judged judge(KeyDirectory directory, String runId) throws IOException {
    FileFacts payload = null;
    try {
      payload = ops.stat(directory.payload(runId));
    } catch (NoSuchFileException e) {
      // Half an eviction of somebody's.
    }
    try {
      return new Judged(ManifestFile.read(ops, directory.manifest(runId)).manifest(), payload);
    } catch (NoSuchFileException | ManifestFormatException e) {
      return null;
    }
  }

  /**
   * Removes a pair.
   *
   * @return whether it was that version, and is gone
   */
  public boolean remove(KeyDirectory directory, String runId, Judged judged) throws IOException {
    Path manifest = directory.manifest(runId);
    Path payload = directory.payload(runId);
    Path manifestAside = directory.staged(pairWriter.freshName(runId, StagedName.Role.MANIFEST));
    Path payloadAside = directory.staged(pairWriter.freshName(runId, StagedName.Role.PAYLOAD));
    if (!move(manifest, manifestAside)) {
      return false;
    }
    if (!holds(manifestAside, judged.manifest())) {
      putBack(manifestAside, manifest);
      return false;
    }
    if (move(payload, payloadAside)) {
      FileFacts expected = judged.payload();
      if (expected == null
          || !ops.stat(payloadAside).sameContentAs(expected)
          || ops.statOrNull(manifest) != null) {
        putBack(payloadAside, payload);
        putBack(manifestAside, manifest);
        return false;
      }
      ops.unlinkIfThere(payloadAside);
    }
    ops.unlinkIfThere(manifestAside);
    return true;
  }

  private boolean move(Path from, Path to) throws IOException {
    try {
      ops.rename(from, to);
      return true;
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private boolean holds(Path path, Manifest judged) throws IOException {
    try {
      Manifest found = ManifestFile.read(ops, path).manifest();
      return found.written().equals(judged.written()) && found.checksum().equals(judged.checksum());
    } catch (NoSuchFileException | ManifestFormatException e) {
      return false;
    }
  }

  private void putBack(Path aside, Path name) throws IOException {
    try {
      ops.link(name, aside);
    } catch (FileAlreadyExistsException e) {
      // A later version: this one would have been replaced by it.
    } catch (NoSuchFileException e) {
      // Completed by somebody who took it for a death's leftover.
      return;
    } catch (IOException | UnsupportedOperationException e) {
      // No hard links on this file system.
      if (ops.statOrNull(name) == null) {
        ops.rename(aside, name);
        return;
      }
    }
    ops.unlinkIfThere(aside);
  }
}
