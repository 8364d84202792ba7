package io.warmstart.stress.fuzz;

import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestCodec;
import io.warmstart.format.ManifestFormatException;
import java.util.List;

/** Manifests: read or refused; what was read can be written, and means the same then. */
final class ManifestTarget implements FuzzTarget {
  @Override
  public String name() {
    return "manifest";
  }

  @Override
  public List<byte[]> corpus() {
    return Text.corpus("manifest");
  }

  @Override
  public String judge(byte[] input) throws ManifestFormatException {
    Manifest manifest;
    try {
      manifest = ManifestCodec.decode(input, input.length);
    } catch (ManifestFormatException e) {
      return Text.complaint(e.getMessage());
    }
    byte[] written;
    try {
      written = ManifestCodec.encode(manifest);
    } catch (ManifestFormatException e) {
      // Longer than before, as it is to be written: no rewrite, and said so.
      return Text.complaint(e.getMessage());
    }
    Manifest again = ManifestCodec.decode(written, written.length);
    return again.equals(manifest) ? "" : "read again: expected=" + manifest + " actual=" + again;
  }
}
