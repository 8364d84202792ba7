package io.warmstart.pair;

import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestCodec;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.format.Owner;
import io.warmstart.format.StagedName;
import io.warmstart.io.FileOps;
import io.warmstart.io.Pieces;
import io.warmstart.model.Digest256;
import io.warmstart.model.Payload;
import io.warmstart.payload.Sha256;
import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes the two files of a pair under staged names and makes them durable.
 *
 * <p>Nothing that fails here has touched what was there before. Safe for all threads.
 */
public final class PairWriter {
  private final FileOps ops;
  private final Supplier<Owner> owner;
  private final AtomicLong sequence = new AtomicLong();

  /**
   * Makes a stager.
   *
   * @param owner this process, as staged names tell it
   */
  public PairWriter(FileOps ops, Supplier<Owner> owner) {
    this.ops = ops;
    this.owner = owner;
  }

  /** Gives the manifest of a payload, once that is written and synced. */
  @FunctionalInterface
  public interface ManifestOf {
    /**
     * Gives it.
     *
     * @throws IOException if there is none: then nothing is staged
     */
    Manifest payload(Digest256 checksum) throws IOException;

    /** The manifest, if the payload is known to be its own: then no checksum is computed. */
    default @Nullable Manifest proven() {
      return null;
    }

    /** That of a version that has one; the payload must be its own. */
    static ManifestOf version(Manifest manifest) {
      return checksum -> {
        if (!manifest.checksum().equals(checksum)) {
          throw new IOException(
              "payload does not fit its manifest: expected="
                  + manifest.checksum().toHex()
                  + " actual="
                  + checksum.toHex());
        }
        return manifest;
      };
    }

    /** That of a version whose payload was compared with it a moment ago, in memory of ours. */
    static ManifestOf proven(Manifest manifest) {
      return new ManifestOf() {
        @Override
        public Manifest payload(Digest256 checksum) {
          return manifest;
        }

        @Override
        public Manifest proven() {
          return manifest;
        }
      };
    }
  }

  /**
   * Stages a pair, for the caller to close once it looks for it no more.
   *
   * @throws NoSuchFileException if the directory has vanished
   * @throws SyncFailedException if a sync has failed
   */
  public StagedPair stage(
      KeyDirectory directory, String runId, Payload source, ManifestOf manifestOf)
      throws IOException {
    return Uninterrupted.call(() -> stageOnce(directory, runId, source, manifestOf));
  }

  private StagedPair stageOnce(
      KeyDirectory directory, String runId, Payload source, ManifestOf manifestOf)
      throws IOException {
    Owner stagingOwner = owner.get();
    long number = sequence.incrementAndGet();
    StagedName payloadName = new StagedName(runId, StagedName.Role.PAYLOAD, stagingOwner, number);
    StagedName manifestName = new StagedName(runId, StagedName.Role.MANIFEST, stagingOwner, number);
    Path payloadPath = directory.staged(payloadName);
    Path manifestPath = directory.staged(manifestName);
    OpenStaged open = new OpenStaged();
    try {
      // Each descriptor stays open until its sync: an error in between would be lost with it.
      FileOps.FileHandle payloadFile = open.add(ops.createExclusive(payloadPath));
      Manifest manifest = writePayload(payloadFile, payloadPath, source, manifestOf);
      FileOps.FileHandle manifestFile = open.add(ops.createExclusive(manifestPath));
      manifestFile.write(ByteBuffer.wrap(encode(manifest)));
      sync(manifestFile, manifestPath);
      StagedPair pair =
          new StagedPair(
              directory,
              payloadName,
              manifestName,
              manifest,
              payloadFile.facts(),
              manifestFile.facts(),
              open);
      // One that stays open keeps the numbers of its files from any that is made meanwhile. But a
      // network file system's client gives an open file that is replaced another name.
      if (ops.rereads().shared()) {
        pair.close();
      }
      return pair;
    } catch (IOException | RuntimeException | Error e) {
      open.close();
      discard(payloadPath, e);
      discard(manifestPath, e);
      throw e;
    }
  }

  /**
   * Stages a manifest alone, for a rewrite that leaves the payload as it is: a touch.
   *
   * @throws SyncFailedException if the sync has failed
   * @throws ManifestFormatException if it would be too long: laid out it may be longer than it was
   */
  public Path stageManifest(KeyDirectory directory, String runId, Manifest manifest)
      throws IOException, ManifestFormatException {
    byte[] bytes = ManifestCodec.encode(manifest);
    Path path = directory.staged(freshName(runId, StagedName.Role.MANIFEST));
    return stageOrDiscard(
        path,
        () -> {
          try (FileOps.FileHandle file = ops.createExclusive(path)) {
            file.write(ByteBuffer.wrap(bytes));
            // Renaming an unsynced file over a durable one can leave an empty file after a power
            // cut, and with it the entry would be lost.
            sync(file, path);
            return path;
          }
        });
  }

  /** A staged name that no file has had. */
  StagedName freshName(String runId, StagedName.Role role) {
    return new StagedName(runId, role, owner.get(), sequence.incrementAndGet());
  }

  /**
   * Gives a file that is complete a staged name beside its own, and makes both durable. Where the
   * file system has no hard links, it is copied.
   *
   * @return the staged name's path
   * @throws NoSuchFileException if the file or the directory has vanished
   * @throws SyncFailedException if the sync has failed
   */
  public Path stageLink(KeyDirectory directory, String runId, StagedName.Role role, Path existing)
      throws IOException {
    Path path = directory.staged(freshName(runId, role));
    return stageOrDiscard(
        path,
        () -> {
          linkOrCopy(path, existing);
          return path;
        });
  }

  private Path stageOrDiscard(Path path, Uninterrupted.Step<Path> stage) throws IOException {
    return Uninterrupted.call(
        () -> {
          try {
            return stage.run();
          } catch (IOException | RuntimeException | Error e) {
            discard(path, e);
            throw e;
          }
        });
  }

  private void linkOrCopy(Path path, Path existing) throws IOException {
    try {
      ops.link(path, existing);
    } catch (NoSuchFileException e) {
      throw e;
    } catch (IOException | UnsupportedOperationException e) {
      copy(path, existing);
      return;
    }
    try (FileOps.FileHandle file = ops.openForReading(path)) {
      sync(file, path);
    }
  }

  private void copy(Path path, Path existing) throws IOException {
    try (FileOps.FileHandle source = ops.openForReading(existing);
        FileOps.FileHandle file = ops.createExclusive(path)) {
      Pieces.each(source, (piece, count) -> file.write(ByteBuffer.wrap(piece, 0, count)));
      sync(file, path);
    }
  }

  /**
   * Removes a staged pair, unless its payload is in place: then the manifest is what completes the
   * save, and stays.
   */
  public void discard(StagedPair pair, Throwable because) {
    if (discard(pair.stagedPayload(), because)) {
      discard(pair.stagedManifest(), because);
    }
  }

  /**
   * Removes a staged file; a failure to do so is attached to what made it necessary.
   *
   * @return whether it was there, and is gone
   */
  public boolean discard(Path staged, Throwable because) {
    try {
      ops.unlink(staged);
      return true;
    } catch (NoSuchFileException e) {
      // Never created, or renamed into place.
    } catch (IOException e) {
      because.addSuppressed(e);
    }
    return false;
  }

  /** Writes and syncs a payload; returns its manifest. */
  private static Manifest writePayload(
      FileOps.FileHandle file, Path path, Payload source, ManifestOf manifestOf)
      throws IOException {
    Manifest proven = manifestOf.proven();
    if (proven != null) {
      source.pour((piece, length) -> file.write(ByteBuffer.wrap(piece, 0, length)));
      sync(file, path);
      return proven;
    }
    Sha256 sha256 = new Sha256();
    source.pour(
        (piece, length) -> {
          sha256.update(piece, length);
          file.write(ByteBuffer.wrap(piece, 0, length));
        });
    sync(file, path);
    // After the payload's sync, which may take long: the stamp lies close to the publish.
    return manifestOf.payload(sha256.finish());
  }

  private static byte[] encode(Manifest manifest) {
    try {
      return ManifestCodec.encode(manifest);
    } catch (ManifestFormatException e) {
      throw new IllegalArgumentException("the manifest cannot be written: " + e.getMessage(), e);
    }
  }

  private static void sync(FileOps.FileHandle file, Path path) throws IOException {
    try {
      file.sync();
    } catch (ClosedByInterruptException e) {
      throw e;
    } catch (IOException e) {
      throw new SyncFailedException(
          "sync failed: " + StoreFailures.describe(e) + " file=" + path, e);
    }
  }
}
