package io.warmstart.pair;

import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestCodec;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.io.FileFacts;
import io.warmstart.io.FileOps;
import io.warmstart.io.Pieces;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

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
    Read read = ops.rereads().call(() -> readOnce(ops, path));
    if (read.refused != null) {
      throw new ManifestFormatException(read.refused);
    }
    return new ManifestFile(ManifestCodec.decode(read.bytes, read.bytes.length), read.facts);
  }

  /** The same; null if there is none that this version can read. */
  public static @Nullable ManifestFile readOrNull(FileOps ops, Path path) throws IOException {
    try {
      return read(ops, path);
    } catch (NoSuchFileException | ManifestFormatException e) {
      return null;
    }
  }

  /** The bytes of a file, or why they were not read. */
  private static final class Read {
    private final FileFacts facts;
    private final byte[] bytes;
    private final @Nullable String refused;

    Read(FileFacts facts, byte[] bytes, @Nullable String refused) {
      this.facts = facts;
      this.bytes = bytes;
      this.refused = refused;
    }
  }

  private static Read readOnce(FileOps ops, Path path) throws IOException {
    FileFacts facts = ops.stat(path);
    if (!facts.regular()) {
      return new Read(facts, new byte[0], "manifest is not a regular file");
    }
    if (facts.size() > ManifestCodec.MAX_BYTES) {
      return new Read(
          facts,
          new byte[0],
          "manifest is too large: expected<="
              + ManifestCodec.MAX_BYTES
              + " actual="
              + facts.size());
    }
    // To the end of the file that is opened: it may be a later one than the one looked at.
    return new Read(facts, Pieces.first(ops, path, ManifestCodec.MAX_BYTES + 1), null);
  }
}
