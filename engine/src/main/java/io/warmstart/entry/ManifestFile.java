package io.warmstart.entry;

import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestCodec;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.io.FileFacts;
import io.warmstart.io.FileOps;
import io.warmstart.io.Uninterrupted;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A manifest as it was found on disk.
 *
 * @param manifest what it says
 * @param facts the file that said it
 */
public record ManifestFile(Manifest manifest, FileFacts facts) {
  /**
   * Reads a manifest. Anything but a regular file of a manifest's size is refused before it is
   * opened: a pipe would block, a huge file would cost memory.
   *
   * @throws java.nio.file.NoSuchFileException if there is none
   * @throws ManifestFormatException if it is not a manifest of this schema version
   */
  public static ManifestFile read(FileOps ops, Path path)
      throws IOException, ManifestFormatException {
    FileFacts facts = ops.stat(path);
    if (!facts.regular()) {
      throw new ManifestFormatException("manifest is not a regular file");
    }
    if (facts.size() > ManifestCodec.MAX_BYTES) {
      throw new ManifestFormatException(
          "manifest is too large: expected<="
              + ManifestCodec.MAX_BYTES
              + " actual="
              + facts.size());
    }
    byte[] bytes = Uninterrupted.call(() -> readToEnd(ops, path, (int) facts.size()));
    return new ManifestFile(ManifestCodec.decode(bytes, bytes.length), facts);
  }

  /** To the end of the file that is opened: it may be a later one than the one looked at. */
  private static byte[] readToEnd(FileOps ops, Path path, int expected) throws IOException {
    byte[] bytes = new byte[expected + 1];
    int length = 0;
    try (FileOps.FileHandle file = ops.openForReading(path)) {
      while (length <= ManifestCodec.MAX_BYTES) {
        if (length == bytes.length) {
          bytes = Arrays.copyOf(bytes, ManifestCodec.MAX_BYTES + 1);
        }
        int count = file.read(ByteBuffer.wrap(bytes, length, bytes.length - length), length);
        if (count <= 0) {
          break;
        }
        length += count;
      }
    }
    return Arrays.copyOf(bytes, length);
  }
}
