package io.warmstart.pair;

import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.io.FileFacts;
import io.warmstart.io.FileOps;
import io.warmstart.model.Digest256;
import io.warmstart.quarantine.QuarantinedRuns.Half;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A manifest and a payload of one run that fit, by size and SHA-256, at least one of them in
 * quarantine.
 */
public record FittingHalves(ManifestSource manifest, Source payload) {
  /** A file that may be half of the entry. */
  public record Source(Path path, boolean quarantined, FileFacts facts) {}

  public record ManifestSource(Source source, Manifest manifest) {}

  /** Those that lie in quarantine. */
  public List<Path> quarantined() {
    List<Path> paths = new ArrayList<>();
    for (Source each : List.of(manifest.source(), payload)) {
      if (each.quarantined()) {
        paths.add(each.path());
      }
    }
    return paths;
  }

  /** Those of the latest written manifest; null, and why, if there are none. */
  public static @Nullable FittingHalves find(
      FileOps ops,
      PairReader reader,
      KeyDirectory directory,
      String runId,
      List<Half> halves,
      StringBuilder why)
      throws IOException {
    List<ManifestSource> manifests = new ArrayList<>();
    List<Source> payloads = new ArrayList<>();
    // What came to quarantine last comes first.
    for (int at = halves.size() - 1; at >= 0; at--) {
      Half half = halves.get(at);
      look(ops, half.path(), half.manifest(), true, manifests, payloads, why);
    }
    look(ops, directory.manifest(runId), true, false, manifests, payloads, why);
    look(ops, directory.payload(runId), false, false, manifests, payloads, why);
    manifests.sort(
        Comparator.comparing((ManifestSource each) -> each.manifest().written()).reversed());
    Map<Path, Digest256> checksums = new HashMap<>();
    for (ManifestSource manifest : manifests) {
      for (Source payload : payloads) {
        long length = payload.facts().size();
        if (manifest.manifest().fitsLength(length)
            && (payload.quarantined() || manifest.source().quarantined())
            && manifest.manifest().fits(length, checksum(reader, payload, checksums))) {
          return new FittingHalves(manifest, payload);
        }
      }
    }
    if (why.isEmpty()) {
      why.append(misfit(manifests, payloads, checksums));
    }
    return null;
  }

  private static String misfit(
      List<ManifestSource> manifests, List<Source> payloads, Map<Path, Digest256> checksums) {
    if (manifests.isEmpty() || payloads.isEmpty()) {
      return manifests.isEmpty() ? "no manifest" : "no payload";
    }
    Manifest manifest = manifests.get(0).manifest();
    StringBuilder text =
        new StringBuilder("no payload fits: expected=")
            .append(manifest.payloadBytes())
            .append(" bytes, ")
            .append(manifest.checksum().toHex());
    for (Source each : payloads) {
      Digest256 checksum = checksums.get(each.path());
      text.append(" actual=")
          .append(each.facts().size())
          .append(" bytes, ")
          .append(checksum == null ? "?" : checksum);
    }
    return text.toString();
  }

  private static void look(
      FileOps ops,
      Path path,
      boolean manifest,
      boolean quarantined,
      List<ManifestSource> manifests,
      List<Source> payloads,
      StringBuilder why)
      throws IOException {
    try {
      if (manifest) {
        ManifestFile file = ManifestFile.read(ops, path);
        Source source = new Source(path, quarantined, file.facts());
        manifests.add(new ManifestSource(source, file.manifest()));
      } else {
        FileFacts facts = ops.stat(path);
        if (facts.regular()) {
          payloads.add(new Source(path, quarantined, facts));
        }
      }
    } catch (ManifestFormatException e) {
      why.append(why.isEmpty() ? "" : "; ").append(e.getMessage());
    } catch (NoSuchFileException e) {
      // Not there, or a sibling's sweep was faster.
    }
  }

  private static Digest256 checksum(PairReader reader, Source payload, Map<Path, Digest256> known)
      throws IOException {
    Digest256 checksum = known.get(payload.path());
    if (checksum == null) {
      checksum = reader.checksum(payload.path());
      known.put(payload.path(), checksum);
    }
    return checksum;
  }
}
