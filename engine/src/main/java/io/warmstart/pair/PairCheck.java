package io.warmstart.pair;

import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.format.SchemaVersionException;
import io.warmstart.io.FileFacts;
import io.warmstart.io.FileOps;
import io.warmstart.model.Digest256;
import io.warmstart.model.VerifyReport.Problem;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * One pair, read from disk and hashed, whatever this process has verified before.
 *
 * @param exists whether either half is there
 * @param whole whether the payload fits the manifest
 * @param payloadBytes the payload's length
 * @param kind what is wrong
 * @param path the file that is
 * @param detail one line with expected and actual
 */
public record PairCheck(
    boolean exists, boolean whole, long payloadBytes, String kind, Path path, String detail) {

  /** A whole manifest says so, which no waiting will mend. */
  private static final String WRONG_SCHEMA = "schema version";

  public static PairCheck of(FileOps ops, PairReader reader, KeyDirectory directory, String runId)
      throws IOException {
    Path manifestPath = directory.manifest(runId);
    Path payloadPath = directory.payload(runId);
    boolean payloadExists = ops.statOrNull(payloadPath) != null;
    Manifest manifest;
    try {
      manifest = ManifestFile.read(ops, manifestPath).manifest();
    } catch (NoSuchFileException e) {
      return new PairCheck(
          payloadExists, false, 0, "orphan payload", payloadPath, "expected=a manifest beside it");
    } catch (SchemaVersionException e) {
      return bad(WRONG_SCHEMA, manifestPath, e.getMessage());
    } catch (ManifestFormatException e) {
      return bad("manifest", manifestPath, e.getMessage());
    }
    if (!payloadExists) {
      return bad("missing payload", manifestPath, "expected=" + payloadPath.getFileName());
    }
    try {
      FileFacts facts = ops.stat(payloadPath);
      if (!facts.regular()) {
        return bad("payload", payloadPath, "expected=a regular file");
      }
      if (!manifest.fitsLength(facts.size())) {
        return bad(
            "size", payloadPath, "expected=" + manifest.payloadBytes() + " actual=" + facts.size());
      }
      Digest256 actual = reader.checksum(payloadPath);
      if (!manifest.fits(facts.size(), actual)) {
        return bad(
            "checksum",
            payloadPath,
            "expected=" + manifest.checksum().toHex() + " actual=" + actual.toHex());
      }
      return new PairCheck(true, true, facts.size(), "", payloadPath, "");
    } catch (NoSuchFileException e) {
      return bad("missing payload", manifestPath, "expected=" + payloadPath.getFileName());
    }
  }

  private static PairCheck bad(String kind, Path path, @Nullable String detail) {
    return new PairCheck(true, false, 0, kind, path, String.valueOf(detail));
  }

  /** Whether somebody who is still writing would leave it so for a while. */
  public boolean mayBeUnderWay() {
    return exists && !whole && !kind.equals(WRONG_SCHEMA);
  }

  public Problem problem(boolean repaired) {
    return new Problem(kind, path.toString(), detail, repaired);
  }
}
