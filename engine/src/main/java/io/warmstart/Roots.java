package io.warmstart;

import io.warmstart.io.FileOps;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Makes a root ready to be opened, or says in one line why it cannot be. */
final class Roots {
  private Roots() {}

  /**
   * Checks, and unless the store is read-only makes, the root and its engine directory.
   *
   * @return the root's real path
   */
  static Path prepare(Path root, StoreOptions options) {
    Path absolute = root.toAbsolutePath().normalize();
    if (Files.exists(absolute) && !Files.isDirectory(absolute)) {
      throw new StoreException("root is not a directory: root=" + root);
    }
    if (!Files.exists(absolute)) {
      if (options.readOnly()) {
        throw new StoreException("root does not exist: root=" + root);
      }
      create(root, absolute, options.fileOps());
    }
    try {
      Path real = absolute.toRealPath();
      if (!options.readOnly()) {
        requireWritable(real, options.fileOps());
      }
      return real;
    } catch (IOException e) {
      throw StoreFailures.ofWriting("cannot open root for writing", root, e);
    }
  }

  private static void create(Path root, Path absolute, FileOps ops) {
    Path parent = absolute.getParent();
    if (parent == null || !Files.isDirectory(parent)) {
      throw new StoreException(
          "cannot make root, its parent is not a directory: root=" + root + " parent=" + parent);
    }
    try {
      ops.createDirectory(absolute);
      try (FileOps.DirectoryHandle handle = ops.openDirectory(parent)) {
        handle.sync();
      }
    } catch (FileAlreadyExistsException e) {
      // A sibling was faster.
    } catch (IOException e) {
      throw StoreFailures.ofWriting("cannot make root", root, e);
    }
  }

  /** By writing: permissions tell root nothing, and a mode bit nothing of a read-only mount. */
  private static void requireWritable(Path real, FileOps ops) throws IOException {
    Path engineDirectory = real.resolve(Engine.DIRECTORY_NAME);
    try {
      ops.createDirectory(engineDirectory);
    } catch (FileAlreadyExistsException e) {
      // Made before; that it could be then says nothing of now.
    }
    Path probe =
        engineDirectory.resolve("probe-" + ProcessHandle.current().pid() + "-" + System.nanoTime());
    try (FileOps.FileHandle file = ops.createExclusive(probe)) {
      file.facts();
    } finally {
      try {
        ops.unlink(probe);
      } catch (NoSuchFileException e) {
        // It could not be made, which is what was to be found out.
      }
    }
  }
}
