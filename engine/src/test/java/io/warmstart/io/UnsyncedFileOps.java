package io.warmstart.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.file.Path;
import java.util.List;

/** The real file system, without waiting for the disk: for tests that lose no power. */
public final class UnsyncedFileOps implements FileOps {
  private final NioFileOps delegate = new NioFileOps();

  @Override
  public FileFacts stat(Path path) throws IOException {
    return delegate.stat(path);
  }

  @Override
  public long changedNanos(Path path) throws IOException {
    return delegate.changedNanos(path);
  }

  @Override
  public long usableBytes(Path directory) {
    return delegate.usableBytes(directory);
  }

  @Override
  public List<String> list(Path directory) throws IOException {
    return delegate.list(directory);
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    delegate.createDirectory(directory);
  }

  @Override
  public void removeDirectory(Path directory) throws IOException {
    delegate.removeDirectory(directory);
  }

  @Override
  public FileHandle createExclusive(Path file) throws IOException {
    return new UnsyncedFile(delegate.createExclusive(file));
  }

  @Override
  public FileHandle openForReading(Path file) throws IOException {
    return new UnsyncedFile(delegate.openForReading(file));
  }

  @Override
  public FileHandle openForWriting(Path file) throws IOException {
    return new UnsyncedFile(delegate.openForWriting(file));
  }

  @Override
  public void rename(Path source, Path target) throws IOException {
    delegate.rename(source, target);
  }

  @Override
  public void link(Path newName, Path existing) throws IOException {
    delegate.link(newName, existing);
  }

  @Override
  public void unlink(Path file) throws IOException {
    delegate.unlink(file);
  }

  @Override
  public AsynchronousFileChannel openForLocks(Path file, boolean create) throws IOException {
    return delegate.openForLocks(file, create);
  }

  @Override
  public DirectoryHandle openDirectory(Path directory) throws IOException {
    return new UnsyncedDirectory(delegate.openDirectory(directory));
  }

  private record UnsyncedFile(FileHandle handle) implements FileHandle {
    @Override
    public FileFacts facts() throws IOException {
      return handle.facts();
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
      handle.write(source);
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
      return handle.read(target, position);
    }

    @Override
    public MappedByteBuffer mapReadOnly(long length) throws IOException {
      return handle.mapReadOnly(length);
    }

    @Override
    public MappedByteBuffer mapShared(long length) throws IOException {
      return handle.mapShared(length);
    }

    @Override
    public void sync() {}

    @Override
    public void close() throws IOException {
      handle.close();
    }
  }

  private record UnsyncedDirectory(DirectoryHandle handle) implements DirectoryHandle {
    @Override
    public FileFacts facts() {
      return handle.facts();
    }

    @Override
    public void sync() {}

    @Override
    public void close() throws IOException {
      handle.close();
    }
  }
}
