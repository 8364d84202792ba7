package io.warmstart.engine;

import io.warmstart.io.Directories;
import io.warmstart.io.FileOps;
import io.warmstart.model.ReadOnlyStoreException;
import io.warmstart.model.StoreException;
import io.warmstart.pair.StoreFailures;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Makes a root ready to be opened, or says in one line why it cannot be. */
public final class RootOpener {
  private RootOpener() {}

  /**
   * Checks, and unless the store is read-only makes, the root and its engine directory.
   *
   * <p>The path is taken as the kernel takes it: {@code ..} after a symbolic link leads up from
   * where the link leads, not back to before it.
   *
   * @return the root's real path
   */
  public static Path prepare(Path root, EngineOptions options) {
    Path absolute = root.toAbsolutePath();
    if (Files.exists(absolute) && !Files.isDirectory(absolute)) {
      throw new StoreException("root is not a directory: root=" + root);
    }
    boolean made = false;
    if (!Files.exists(absolute)) {
      if (Files.isSymbolicLink(absolute)) {
        throw new StoreException("root is a symbolic link that leads to nothing: root=" + root);
      }
      if (options.readOnly()) {
        throw new StoreException("root does not exist: root=" + root);
      }
      made = create(root, absolute, options.fileOps());
    }
    try {
      Path real = absolute.toRealPath();
      if (!options.readOnly()) {
        requireWritable(root, real);
        syncName(root, real, made, EngineRegistry.sparing(options));
      }
      return real;
    } catch (IOException e) {
      throw StoreFailures.ofWriting("cannot open root for writing", root, e);
    }
  }

  /**
   * Makes it, and before it what is missing above, each level's name durable before the next is
   * made.
   *
   * @return false if a sibling was faster
   */
  private static boolean create(Path root, Path level, FileOps ops) {
    Path parent = level.getParent();
    if (parent == null || (Files.exists(parent) && !Files.isDirectory(parent))) {
      throw new StoreException(
          "cannot make root, its parent is not a directory: root=" + root + " parent=" + parent);
    }
    try {
      if (!Files.exists(parent)) {
        boolean made = create(root, parent, ops);
        syncName(root, parent.toRealPath(), made, ops);
      }
      ops.createDirectory(level);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    } catch (IOException e) {
      throw StoreFailures.ofWriting("cannot make root " + root, level, e);
    }
  }

  /**
   * Makes a directory's name durable, no matter which process made it: a sibling may have died in
   * between, or be about to, and what is saved in a root whose name is lost is lost with it.
   *
   * @param real the directory, by its real path
   * @param made whether it was this store; if not, a parent that this user may not open is passed
   *     over
   */
  private static void syncName(Path root, Path real, boolean made, FileOps ops) {
    Path parent = real.getParent();
    if (parent == null) {
      return;
    }
    try {
      Directories.sync(ops, parent);
    } catch (IOException e) {
      if (made || !(e instanceof AccessDeniedException)) {
        throw StoreFailures.ofWriting("cannot make root durable, root=" + root, root, e);
      }
    }
  }

  /**
   * Asks the kernel, whose answer takes a read-only mount and an immutable directory into account;
   * mode bits would not. Attaching to the root then writes for real.
   */
  private static void requireWritable(Path root, Path real) {
    if (!Files.isWritable(real)) {
      throw new ReadOnlyStoreException(
          "root cannot be written to, it can only be opened read-only: root=" + root);
    }
  }
}
