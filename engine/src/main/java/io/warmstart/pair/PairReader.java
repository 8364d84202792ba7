package io.warmstart.pair;

import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.format.StagedName;
import io.warmstart.io.FileFacts;
import io.warmstart.io.FileOps;
import io.warmstart.io.Pieces;
import io.warmstart.io.Rereads;
import io.warmstart.model.Digest256;
import io.warmstart.payload.PayloadMemory;
import io.warmstart.payload.Sha256;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.EpochNanoClock;
import org.jspecify.annotations.Nullable;

/** Reads the payload that a manifest promises, and proves that it is that one. */
public final class PairReader {
  private static final long RENAME_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private final FileOps ops;
  private final VerifiedPayloads verified;
  private final EpochNanoClock clock;

  public PairReader(FileOps ops, VerifiedPayloads verified, EpochNanoClock clock) {
    this.ops = ops;
    this.verified = verified;
    this.clock = clock;
  }

  /**
   * What reading gave: the payload, or why it is not the manifest's.
   *
   * @param memory the payload, for the caller to release; null if there is a mismatch
   * @param mismatch one line with expected and actual; null if there is none
   */
  public record PairRead(@Nullable PayloadMemory memory, @Nullable String mismatch) {
    static PairRead mismatch(String reason) {
      return new PairRead(null, reason);
    }
  }

  /**
   * Reads a payload and compares it with its manifest: the size first, so that a lie costs no
   * memory, then the checksum, once for each version.
   *
   * @throws IOException if the file cannot be read, which says nothing about its bytes
   */
  public PairRead read(KeyDirectory directory, String runId, Manifest manifest) throws IOException {
    Path path = directory.payload(runId);
    PairRead read = readOrNull(path, manifest);
    if (read == null && ops.rereads().shared()) {
      // While another machine renames over a name, GlusterFS may find nothing under it.
      Rereads.pause(RENAME_NANOS);
      read = readOrNull(path, manifest);
    }
    return read == null ? PairRead.mismatch("payload is missing: file=" + path) : read;
  }

  /** Null if there is no such file. */
  private @Nullable PairRead readOrNull(Path path, Manifest manifest) throws IOException {
    try {
      return ops.rereads().call(() -> readOnce(path, manifest));
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /**
   * Finds the manifest that a save has staged and not renamed yet, although its payload is in
   * place: the two are the new version, whatever the manifest in place says.
   *
   * @return null if there is none
   */
  public @Nullable Manifest cutOff(KeyDirectory directory, String runId) throws IOException {
    List<StagedManifest> staged = stagedManifests(directory, runId, StagedOwners.ANYBODY);
    if (staged.isEmpty()) {
      return null;
    }
    try {
      Path payload = directory.payload(runId);
      FileFacts facts = ops.stat(payload);
      if (!facts.regular()) {
        return null;
      }
      StagedManifest fitting = StagedManifest.fitting(staged, facts.size(), checksum(payload));
      return fitting == null ? null : fitting.manifest();
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /** A manifest that is staged, and where. */
  record StagedManifest(Path path, Manifest manifest) {
    /** The latest one that fits a payload: an older one may be a touch that came too late. */
    static @Nullable StagedManifest fitting(
        List<StagedManifest> staged, long length, Digest256 checksum) {
      return staged.stream()
          .filter(each -> each.manifest.fits(length, checksum))
          .max(Comparator.comparing(each -> each.manifest.written()))
          .orElse(null);
    }
  }

  /** Reads the manifests that are staged for a run. */
  List<StagedManifest> stagedManifests(KeyDirectory directory, String runId, StagedOwners usable)
      throws IOException {
    List<StagedManifest> found = new ArrayList<>();
    for (StagedName staged : SettledListing.of(ops, directory).staged(runId)) {
      Path path = directory.staged(staged);
      try {
        if (staged.role() == StagedName.Role.MANIFEST && usable.areGone(directory, staged)) {
          found.add(new StagedManifest(path, ManifestFile.read(ops, path).manifest()));
        }
      } catch (NoSuchFileException | ManifestFormatException e) {
        // Gone, or cut off while it was written: not the one.
      }
    }
    return found;
  }

  private PairRead readOnce(Path path, Manifest manifest) throws IOException {
    FileFacts before;
    try {
      before = ops.stat(path);
      if (!before.regular()) {
        return PairRead.mismatch("payload is not a regular file: file=" + path);
      }
      try (FileOps.FileHandle file = ops.openForReading(path)) {
        // The name led to one file before and after the opening: that one is open. A network
        // file system may have answered the look before from what it had cached.
        long readAt = clock.nanoTime();
        FileFacts after = file.facts();
        if (!manifest.fitsLength(after.size())) {
          return PairRead.mismatch(
              "payload size mismatch: expected="
                  + manifest.payloadBytes()
                  + " actual="
                  + after.size()
                  + " file="
                  + path);
        }
        boolean known = before.sameFileAs(after) && verified.contains(after, manifest.checksum());
        // A mapping of what another machine replaces loses its pages on some network file systems.
        PayloadMemory.Loaded loaded =
            ops.rereads().shared()
                ? PayloadMemory.copy(file, manifest.payloadBytes(), !known)
                : PayloadMemory.load(file, manifest.payloadBytes(), !known);
        Digest256 actual = loaded.checksum();
        if (actual != null && !manifest.fits(after.size(), actual)) {
          loaded.memory().release();
          return PairRead.mismatch(
              "payload checksum mismatch: expected="
                  + manifest.checksum().toHex()
                  + " actual="
                  + actual.toHex()
                  + " file="
                  + path);
        }
        if (actual != null && before.sameFileAs(after)) {
          verified.add(after, actual, readAt);
        }
        return new PairRead(loaded.memory(), null);
      }
    } catch (EOFException e) {
      return PairRead.mismatch(e.getMessage() + " file=" + path);
    }
  }

  /** The checksum of a file as it is now, without keeping it in memory. */
  public Digest256 checksum(Path path) throws IOException {
    return ops.rereads()
        .call(
            () -> {
              Sha256 sha256 = new Sha256();
              try (FileOps.FileHandle file = ops.openForReading(path)) {
                Pieces.each(file, sha256::update);
              }
              return sha256.finish();
            });
  }
}
