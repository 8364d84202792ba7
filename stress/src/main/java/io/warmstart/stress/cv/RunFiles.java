package io.warmstart.stress.cv;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * The files that a run leaves beside its root, named after it.
 *
 * @param results what later runs are held against
 * @param plot accuracy by penalty, drawn
 */
record RunFiles(Path results, Path plot) {
  /**
   * Those of a root.
   *
   * @throws IllegalArgumentException if the root has no name, as {@code /} has none
   */
  static RunFiles beside(Path root) {
    Path name = root.toAbsolutePath().normalize().getFileName();
    if (name == null) {
      throw new IllegalArgumentException("expected=a directory with a name actual=" + root);
    }
    return new RunFiles(
        root.resolveSibling(name + ".results.json"), root.resolveSibling(name + ".plot.svg"));
  }

  /** Writes a new file, whole or not at all. */
  static void write(Path file, byte[] bytes) throws IOException {
    Path staged = Files.createTempFile(file.toAbsolutePath().getParent(), "cv-file", null);
    try {
      Files.write(staged, bytes);
      Files.move(staged, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(staged);
    }
  }
}
