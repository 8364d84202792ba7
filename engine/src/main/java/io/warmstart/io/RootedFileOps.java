package io.warmstart.io;

import java.io.IOException;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.file.Path;

/**
 * File operations that make nothing where a root is gone. A save whose directories are open finds
 * them by their numbers; all that makes a name that outlasts the operation, or attaches to a file
 * that others share, looks for the root first.
 */
public final class RootedFileOps extends ForwardingFileOps {
  private final Path root;
  private final Path engineDirectory;
  private final RootWatch watch;

  /**
   * Wraps operations.
   *
   * @param engineDirectory the directory in the root that holds the engine's own files
   */
  public RootedFileOps(FileOps ops, Path root, Path engineDirectory, RootWatch watch) {
    super(ops);
    this.root = root;
    this.engineDirectory = engineDirectory;
    this.watch = watch;
  }

  private void requireRootOf(Path path) throws IOException {
    if (path.startsWith(root)) {
      watch.require();
    }
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    requireRootOf(directory);
    ops.createDirectory(directory);
  }

  @Override
  public FileHandle createExclusive(Path file) throws IOException {
    if (engineDirectory.equals(file.getParent())) {
      watch.require();
    }
    return ops.createExclusive(file);
  }

  @Override
  public FileHandle openForWriting(Path file) throws IOException {
    requireRootOf(file);
    return ops.openForWriting(file);
  }

  @Override
  public AsynchronousFileChannel openForLocks(Path file, boolean create) throws IOException {
    requireRootOf(file);
    return ops.openForLocks(file, create);
  }

  @Override
  public SyncHandle openForSync(Path file) throws IOException {
    requireRootOf(file);
    return ops.openForSync(file);
  }

  @Override
  public DirectoryHandle openDirectory(Path directory) throws IOException {
    requireRootOf(directory);
    return ops.openDirectory(directory);
  }
}
