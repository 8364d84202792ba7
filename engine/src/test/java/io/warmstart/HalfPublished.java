package io.warmstart;

import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** An overwrite by a program that takes no lock, step by step: payload first, as the original. */
final class HalfPublished {
  private static final String SUFFIX = ".tmp.1.1.0";

  private final Path payload;
  private final Path manifest;
  private final Path stagedManifest;
  private final Path newPayload;
  private final Path newManifest;

  private HalfPublished(Path from, Path directory, String runId) {
    this.payload = directory.resolve(runId + ".bin");
    this.manifest = directory.resolve(runId + ".json");
    this.stagedManifest = directory.resolve(stagedName(runId));
    this.newPayload = from.resolve(runId + ".bin");
    this.newManifest = from.resolve(runId + ".json");
  }

  /**
   * Makes the new version.
   *
   * @param workshop an empty directory on the root's file system
   */
  static HalfPublished of(Path workshop, Path root, Fingerprint key, String runId, byte[] bytes) {
    try (WarmStartStore store = WarmStartStore.open(workshop)) {
      store.saveOverwrite(key, runId, bytes, EntryAttributes.checkpoint());
    }
    return new HalfPublished(workshop.resolve(key.toHex()), root.resolve(key.toHex()), runId);
  }

  static String stagedName(String runId) {
    return runId + ".json" + SUFFIX;
  }

  void renamePayload() throws IOException {
    Files.move(newPayload, payload, StandardCopyOption.ATOMIC_MOVE);
  }

  void stageManifest() throws IOException {
    Files.copy(newManifest, stagedManifest);
  }

  void renameManifest() throws IOException {
    Files.move(newManifest, manifest, StandardCopyOption.ATOMIC_MOVE);
    Files.deleteIfExists(stagedManifest);
  }

  /** Writes over both files, which stay the same files: {@code cp}. */
  void copyInPlace() throws IOException {
    Files.write(payload, Files.readAllBytes(newPayload));
    Files.write(manifest, Files.readAllBytes(newManifest));
  }
}
