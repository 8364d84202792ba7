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
public final class SparingFileOps extends ForwardingFileOps {
  private final IdleDescriptors idle;

  public SparingFileOps(FileOps ops, IdleDescriptors idle) {
    super(ops);
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
  public SyncHandle openForSync(Path file) throws IOException {
    return idle.opening(() -> ops.openForSync(file));
  }

  @Override
  public DirectoryHandle openDirectory(Path directory) throws IOException {
    return idle.opening(() -> ops.openDirectory(directory));
  }
}
