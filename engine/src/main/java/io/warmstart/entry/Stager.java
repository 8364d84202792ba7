package io.warmstart.entry;

import io.warmstart.format.Digest256;
import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestCodec;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.format.Owner;
import io.warmstart.format.StagedName;
import io.warmstart.format.Stamp;
import io.warmstart.io.FileOps;
import io.warmstart.io.ParallelSync;
import io.warmstart.io.Uninterrupted;
import io.warmstart.payload.PayloadSource;
import io.warmstart.payload.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Writes the two files of a pair under staged names and makes them durable.
 *
 * <p>Nothing that fails here has touched what was there before. Safe for all threads.
 */
public final class Stager {
  /**
   * From this size on the payload's sync begins before its checksum is known, which is computed
   * meanwhile: of 1 MiB it takes half a millisecond, and the device longer. What is hashed is the
   * copy that was written.
   */
  private static final long HASH_BESIDE_SYNC_FROM_BYTES = 256 * 1024;

  /**
   * Up to this size both files are synced at once. A larger payload is synced before the manifest
   * is stamped, so that the stamp does not lie a long write-back before the publish.
   */
  private static final long SYNC_TOGETHER_UP_TO_BYTES = 1024 * 1024;

  /** What a save says about its payload. */
  public record Attributes(OptionalDouble objective, OptionalLong iteration, boolean finalResult) {}

  private final FileOps ops;
  private final ParallelSync parallelSync;
  private final Supplier<Owner> owner;
  private final Supplier<Stamp> stamps;
  private final String producer;
  private final boolean keepsOpen;
  private final AtomicLong sequence = new AtomicLong();

  /**
   * Makes a stager.
   *
   * @param owner this process, as staged names tell it
   * @param stamps the moment of a write
   * @param producer what manifests say about their writer
   * @param keepsOpen whether a staged pair stays open until it is closed: then no file that is made
   *     meanwhile has the number of one of its files
   */
  public Stager(
      FileOps ops,
      ParallelSync parallelSync,
      Supplier<Owner> owner,
      Supplier<Stamp> stamps,
      String producer,
      boolean keepsOpen) {
    this.ops = ops;
    this.parallelSync = parallelSync;
    this.owner = owner;
    this.stamps = stamps;
    this.producer = producer;
    this.keepsOpen = keepsOpen;
  }

  /**
   * Stages a pair, for the caller to close once it looks for it no more.
   *
   * @throws NoSuchFileException if the directory has vanished
   * @throws SyncFailedException if a sync has failed
   */
  public StagedPair stage(
      KeyDirectory directory, String runId, PayloadSource source, Attributes attributes)
      throws IOException {
    return Uninterrupted.call(() -> stageOnce(directory, runId, source, attributes));
  }

  private StagedPair stageOnce(
      KeyDirectory directory, String runId, PayloadSource source, Attributes attributes)
      throws IOException {
    Owner stagingOwner = owner.get();
    long number = sequence.incrementAndGet();
    StagedName payloadName = new StagedName(runId, StagedName.Role.PAYLOAD, stagingOwner, number);
    StagedName manifestName = new StagedName(runId, StagedName.Role.MANIFEST, stagingOwner, number);
    StagedName previousName = new StagedName(runId, StagedName.Role.PREVIOUS, stagingOwner, number);
    Path payloadPath = directory.staged(payloadName);
    Path manifestPath = directory.staged(manifestName);
    OpenStaged open = new OpenStaged();
    ParallelSync.Pending payloadSync = null;
    try {
      // Each descriptor stays open until its sync: an error in between would be lost with it.
      FileOps.FileHandle payloadFile = open.add(ops.createExclusive(payloadPath));
      boolean together = source.length() <= SYNC_TOGETHER_UP_TO_BYTES;
      Digest256 checksum;
      if (together && source.length() >= HASH_BESIDE_SYNC_FROM_BYTES) {
        List<byte[]> pieces = source.copies();
        for (byte[] piece : pieces) {
          payloadFile.write(ByteBuffer.wrap(piece));
        }
        payloadSync = beginSync(payloadFile, payloadPath);
        checksum = hash(pieces);
      } else {
        checksum = writePayload(payloadFile, source);
        if (!together) {
          sync(payloadFile::sync, payloadPath);
        }
      }
      Manifest manifest =
          Manifest.ofNewEntry(
              producer,
              stamps.get(),
              attributes.objective(),
              attributes.iteration(),
              attributes.finalResult(),
              checksum,
              source.length());
      FileOps.FileHandle manifestFile = open.add(ops.createExclusive(manifestPath));
      manifestFile.write(ByteBuffer.wrap(encode(manifest)));
      if (together) {
        if (payloadSync == null) {
          payloadSync = beginSync(payloadFile, payloadPath);
        }
        ParallelSync.Pending begun = payloadSync;
        sync(() -> begun.with(manifestFile), payloadPath);
      } else {
        sync(manifestFile::sync, manifestPath);
      }
      StagedPair pair =
          new StagedPair(
              directory,
              payloadName,
              manifestName,
              previousName,
              manifest,
              payloadFile.facts(),
              manifestFile.facts(),
              open);
      if (!keepsOpen) {
        pair.close();
      }
      return pair;
    } catch (IOException | RuntimeException | Error e) {
      Throwable unsynced = payloadSync == null ? null : payloadSync.settle();
      open.close();
      discard(payloadPath, e);
      discard(manifestPath, e);
      if (unsynced != null && !(e instanceof ClosedByInterruptException)) {
        // It counts for more than what came to light first.
        SyncFailedException failed = syncFailed(unsynced, payloadPath);
        failed.addSuppressed(e);
        throw failed;
      }
      throw e;
    }
  }

  /**
   * Stages a manifest alone, for a rewrite that leaves the payload as it is: a touch.
   *
   * @throws SyncFailedException if the sync has failed
   */
  public Path stageManifest(KeyDirectory directory, String runId, Manifest manifest)
      throws IOException {
    StagedName name =
        new StagedName(runId, StagedName.Role.MANIFEST, owner.get(), sequence.incrementAndGet());
    Path path = directory.staged(name);
    return Uninterrupted.call(
        () -> {
          try (FileOps.FileHandle file = ops.createExclusive(path)) {
            file.write(ByteBuffer.wrap(encode(manifest)));
            // Renaming an unsynced file over a durable one can leave an empty file after a power
            // cut, and with it the entry would be lost.
            sync(file::sync, path);
            return path;
          } catch (IOException | RuntimeException | Error e) {
            discard(path, e);
            throw e;
          }
        });
  }

  /** Removes what is left of a pair that will not be published. */
  public void discard(StagedPair pair, Throwable because) {
    discard(pair.stagedPayload(), because);
    discard(pair.stagedManifest(), because);
  }

  /** Removes a staged file; a failure to do so is attached to what made it necessary. */
  public void discard(Path staged, Throwable because) {
    try {
      ops.unlink(staged);
    } catch (NoSuchFileException e) {
      // Never created, or renamed into place.
    } catch (IOException e) {
      because.addSuppressed(e);
    }
  }

  private static Digest256 writePayload(FileOps.FileHandle file, PayloadSource source)
      throws IOException {
    Sha256 sha256 = new Sha256();
    source.pour(
        (piece, length) -> {
          sha256.update(piece, length);
          file.write(ByteBuffer.wrap(piece, 0, length));
        });
    return sha256.finish();
  }

  private static Digest256 hash(List<byte[]> pieces) {
    Sha256 sha256 = new Sha256();
    for (byte[] piece : pieces) {
      sha256.update(piece, piece.length);
    }
    return sha256.finish();
  }

  private static byte[] encode(Manifest manifest) {
    try {
      return ManifestCodec.encode(manifest);
    } catch (ManifestFormatException e) {
      throw new IllegalArgumentException("the manifest cannot be written: " + e.getMessage(), e);
    }
  }

  @FunctionalInterface
  private interface Sync {
    void run() throws IOException;
  }

  private static void sync(Sync sync, Path path) throws IOException {
    try {
      sync.run();
    } catch (ClosedByInterruptException e) {
      throw e;
    } catch (IOException e) {
      throw syncFailed(e, path);
    }
  }

  private ParallelSync.Pending beginSync(FileOps.FileHandle file, Path path) throws IOException {
    try {
      return parallelSync.begin(file);
    } catch (ClosedByInterruptException e) {
      throw e;
    } catch (IOException e) {
      throw syncFailed(e, path);
    }
  }

  private static SyncFailedException syncFailed(Throwable failure, Path path) {
    return new SyncFailedException(
        "sync failed: " + failure.getMessage() + " file=" + path, failure);
  }
}
