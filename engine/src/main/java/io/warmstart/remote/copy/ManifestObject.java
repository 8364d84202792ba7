package io.warmstart.remote.copy;

import io.warmstart.format.ManifestCodec;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.remote.store.ObjectStore;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/** The bytes of a manifest in a remote, which anybody may have put there. */
final class ManifestObject {
  private ManifestObject() {}

  /**
   * Reads one.
   *
   * @throws ManifestFormatException if it is longer than a manifest may be
   * @throws java.nio.file.NoSuchFileException if there is none of that name
   */
  static byte[] read(ObjectStore store, String name) throws IOException, ManifestFormatException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    boolean[] tooLarge = new boolean[1];
    store.get(
        name,
        (piece, count) -> {
          tooLarge[0] |= bytes.size() + count > ManifestCodec.MAX_BYTES;
          if (!tooLarge[0]) {
            bytes.write(piece, 0, count);
          }
        });
    if (tooLarge[0]) {
      throw new ManifestFormatException("manifest is too large");
    }
    return bytes.toByteArray();
  }
}
