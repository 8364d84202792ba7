package io.warmstart.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * File operations with somebody at the door: every method of {@link FileOps} and of its handles
 * that can fail is one operation, shown before it runs.
 */
public abstract class ObservedFileOps implements FileOps {
  private final FileOps delegate;

  protected ObservedFileOps(FileOps delegate) {
    this.delegate = delegate;
  }

  /** What an operation is. */
  public enum Kind {
    STAT,
    CHANGED,
    LIST,
    MAKE_DIRECTORY,
    REMOVE_DIRECTORY,
    CREATE,
    OPEN_FOR_READING,
    OPEN_FOR_WRITING,
    RENAME,
    LINK,
    UNLINK,
    OPEN_DIRECTORY,
    FACTS,
    WRITE,
    READ,
    MAP,
    SYNC,
    CLOSE,
    SYNC_DIRECTORY,
    CLOSE_DIRECTORY;

    /** Whether it works on a name, and not on something that is open already. */
    public boolean onName() {
      return compareTo(FACTS) < 0;
    }
  }

  /** One operation, about to run. */
  public record FileOp(Kind kind, Path path, @Nullable Path target) {
    @Override
    public String toString() {
      return kind + " " + path.getFileName() + (target == null ? "" : " " + target.getFileName());
    }
  }

  /** The operation itself. */
  protected interface Call<T extends @Nullable Object> {
    T run() throws IOException;
  }

  /**
   * Stands in for an operation.
   *
   * @param whole runs it
   * @param part runs as much of it as a failing one leaves done: half a write, a whole close
   */
  protected abstract <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
      throws IOException;

  private <T extends @Nullable Object> T onName(Kind kind, Path path, Call<T> call)
      throws IOException {
    return observe(new FileOp(kind, path, null), call, () -> 0);
  }

  private <T extends @Nullable Object> T onNames(Kind kind, Path path, Path target, Call<T> call)
      throws IOException {
    return observe(new FileOp(kind, path, target), call, () -> 0);
  }

  @Override
  public FileFacts stat(Path path) throws IOException {
    return onName(Kind.STAT, path, () -> delegate.stat(path));
  }

  @Override
  public long changedNanos(Path path) throws IOException {
    return onName(Kind.CHANGED, path, () -> delegate.changedNanos(path));
  }

  @Override
  public long usableBytes(Path directory) {
    return delegate.usableBytes(directory);
  }

  @Override
  public List<String> list(Path directory) throws IOException {
    return onName(Kind.LIST, directory, () -> delegate.list(directory));
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    onName(
        Kind.MAKE_DIRECTORY,
        directory,
        () -> {
          delegate.createDirectory(directory);
          return 0;
        });
  }

  @Override
  public void removeDirectory(Path directory) throws IOException {
    onName(
        Kind.REMOVE_DIRECTORY,
        directory,
        () -> {
          delegate.removeDirectory(directory);
          return 0;
        });
  }

  @Override
  public FileHandle createExclusive(Path file) throws IOException {
    return onName(Kind.CREATE, file, () -> new ObservedFile(file, delegate.createExclusive(file)));
  }

  @Override
  public FileHandle openForReading(Path file) throws IOException {
    return onName(
        Kind.OPEN_FOR_READING, file, () -> new ObservedFile(file, delegate.openForReading(file)));
  }

  @Override
  public FileHandle openForWriting(Path file) throws IOException {
    return onName(
        Kind.OPEN_FOR_WRITING, file, () -> new ObservedFile(file, delegate.openForWriting(file)));
  }

  @Override
  public void rename(Path source, Path target) throws IOException {
    onNames(
        Kind.RENAME,
        source,
        target,
        () -> {
          delegate.rename(source, target);
          return 0;
        });
  }

  @Override
  public void link(Path newName, Path existing) throws IOException {
    onNames(
        Kind.LINK,
        newName,
        existing,
        () -> {
          delegate.link(newName, existing);
          return 0;
        });
  }

  @Override
  public void unlink(Path file) throws IOException {
    onName(
        Kind.UNLINK,
        file,
        () -> {
          delegate.unlink(file);
          return 0;
        });
  }

  @Override
  public AsynchronousFileChannel openForLocks(Path file, boolean create) throws IOException {
    return delegate.openForLocks(file, create);
  }

  @Override
  public SyncHandle openForSync(Path file) throws IOException {
    return onName(
        Kind.OPEN_FOR_WRITING, file, () -> new ObservedSync(file, delegate.openForSync(file)));
  }

  @Override
  public DirectoryHandle openDirectory(Path directory) throws IOException {
    return onName(
        Kind.OPEN_DIRECTORY,
        directory,
        () -> new ObservedDirectory(directory, delegate.openDirectory(directory)));
  }

  private final class ObservedFile implements FileHandle {
    private final Path path;
    private final FileHandle handle;

    ObservedFile(Path path, FileHandle handle) {
      this.path = path;
      this.handle = handle;
    }

    @Override
    public FileFacts facts() throws IOException {
      return onName(Kind.FACTS, path, handle::facts);
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
      observe(
          new FileOp(Kind.WRITE, path, null),
          () -> {
            handle.write(source);
            return 0;
          },
          () -> {
            handle.write(source.duplicate().limit(source.position() + source.remaining() / 2));
            return 0;
          });
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
      observe(
          new FileOp(Kind.WRITE, path, null),
          () -> {
            handle.write(source, position);
            return 0;
          },
          () -> {
            int half = source.position() + source.remaining() / 2;
            handle.write(source.duplicate().limit(half), position);
            return 0;
          });
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
      return onName(Kind.READ, path, () -> handle.read(target, position));
    }

    @Override
    public MappedByteBuffer mapReadOnly(long length) throws IOException {
      return onName(Kind.MAP, path, () -> handle.mapReadOnly(length));
    }

    @Override
    public MappedByteBuffer mapShared(long length) throws IOException {
      return onName(Kind.MAP, path, () -> handle.mapShared(length));
    }

    @Override
    public void sync() throws IOException {
      onName(
          Kind.SYNC,
          path,
          () -> {
            handle.sync();
            return 0;
          });
    }

    @Override
    public void close() throws IOException {
      Call<Integer> close =
          () -> {
            handle.close();
            return 0;
          };
      observe(new FileOp(Kind.CLOSE, path, null), close, close);
    }
  }

  private final class ObservedSync implements SyncHandle {
    private final Path path;
    private final SyncHandle handle;

    ObservedSync(Path path, SyncHandle handle) {
      this.path = path;
      this.handle = handle;
    }

    @Override
    public void sync() throws IOException {
      onName(
          Kind.SYNC,
          path,
          () -> {
            handle.sync();
            return 0;
          });
    }

    @Override
    public void sync(MappedByteBuffer mapping, int length) throws IOException {
      onName(
          Kind.SYNC,
          path,
          () -> {
            handle.sync(mapping, length);
            return 0;
          });
    }

    @Override
    public void close() throws IOException {
      Call<Integer> close =
          () -> {
            handle.close();
            return 0;
          };
      observe(new FileOp(Kind.CLOSE, path, null), close, close);
    }
  }

  private final class ObservedDirectory implements DirectoryHandle {
    private final Path path;
    private final DirectoryHandle handle;

    ObservedDirectory(Path path, DirectoryHandle handle) {
      this.path = path;
      this.handle = handle;
    }

    @Override
    public FileFacts facts() {
      return handle.facts();
    }

    @Override
    public void sync() throws IOException {
      onName(
          Kind.SYNC_DIRECTORY,
          path,
          () -> {
            handle.sync();
            return 0;
          });
    }

    @Override
    public void close() throws IOException {
      Call<Integer> close =
          () -> {
            handle.close();
            return 0;
          };
      observe(new FileOp(Kind.CLOSE_DIRECTORY, path, null), close, close);
    }
  }
}
