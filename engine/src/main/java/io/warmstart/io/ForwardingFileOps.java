package io.warmstart.io;

import java.io.IOException;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.file.Path;
import java.util.List;

/** Hands every operation on: for those that add something to a few. */
abstract class ForwardingFileOps implements FileOps {
  final FileOps ops;

  ForwardingFileOps(FileOps ops) {
    this.ops = ops;
  }

  @Override
  public Rereads rereads() {
    return ops.rereads();
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    ops.createDirectory(directory);
  }

  @Override
  public FileHandle createExclusive(Path file) throws IOException {
    return ops.createExclusive(file);
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
  public List<String> list(Path directory) throws IOException {
    return ops.list(directory);
  }

  @Override
  public long usableBytes(Path directory) {
    return ops.usableBytes(directory);
  }

  @Override
  public void removeDirectory(Path directory) throws IOException {
    ops.removeDirectory(directory);
  }

  @Override
  public FileHandle openForReading(Path file) throws IOException {
    return ops.openForReading(file);
  }

  @Override
  public FileHandle openForWriting(Path file) throws IOException {
    return ops.openForWriting(file);
  }

  @Override
  public AsynchronousFileChannel openForLocks(Path file, boolean create) throws IOException {
    return ops.openForLocks(file, create);
  }

  @Override
  public SyncHandle openForSync(Path file) throws IOException {
    return ops.openForSync(file);
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

  @Override
  public DirectoryHandle openDirectory(Path directory) throws IOException {
    return ops.openDirectory(directory);
  }
}
