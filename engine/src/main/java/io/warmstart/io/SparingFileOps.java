package io.warmstart.io;

import java.io.IOException;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.file.Path;
import java.util.List;

/**
 * File operations that do not fail for want of descriptors while this process keeps idle ones: see
 * {@link IdleDescriptors}. What needs no descriptor is handed on as it is.
 *
 * <p>An open that the kernel has refused for this reason has changed nothing, a file to be made
 * included: the descriptor is taken before the name is looked at. So it can be run again.
 */
public final class SparingFileOps implements FileOps {
  private final FileOps ops;
  private final IdleDescriptors idle;

  public SparingFileOps(FileOps ops, IdleDescriptors idle) {
    this.ops = ops;
    this.idle = idle;
  }

  @Override
  public List<String> list(Path directory) throws IOException {
    return idle.opening(() -> ops.list(directory));
  }

  @Override
  public FileHandle createExclusive(Path file) throws IOException {
    return idle.opening(() -> ops.createExclusive(file));
  }

  @Override
  public FileHandle openForReading(Path file) throws IOException {
    return idle.opening(() -> ops.openForReading(file));
  }

  @Override
  public FileHandle openForWriting(Path file) throws IOException {
    return idle.opening(() -> ops.openForWriting(file));
  }

  @Override
  public AsynchronousFileChannel openForLocks(Path file, boolean create) throws IOException {
    return idle.opening(() -> ops.openForLocks(file, create));
  }

  @Override
  public DirectoryHandle openDirectory(Path directory) throws IOException {
    return idle.opening(() -> ops.openDirectory(directory));
  }

  @Override
  public FileFacts stat(Path path) throws IOException {
    return ops.stat(path);
  }

  @Override
  public long changedNanos(Path path) throws IOException {
    return ops.changedNanos(path);
  }

  @Override
  public long usableBytes(Path directory) {
    return ops.usableBytes(directory);
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    ops.createDirectory(directory);
  }

  @Override
  public void removeDirectory(Path directory) throws IOException {
    ops.removeDirectory(directory);
  }

  @Override
  public void rename(Path source, Path target) throws IOException {
    ops.rename(source, target);
  }

  @Override
  public void link(Path newName, Path existing) throws IOException {
    ops.link(newName, existing);
  }

  @Override
  public void unlink(Path file) throws IOException {
    ops.unlink(file);
  }
}
