package io.warmstart.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * The file operations of a root that other machines may write to. An operation on a name that the
 * file system calls stale is run again ({@link Rereads}); what is read through an open file is not,
 * because that takes another opening: those who read do so.
 *
 * <p>Safe for all threads.
 */
public final class SharedFileOps extends ForwardingFileOps {
  private final Rereads rereads;

  public SharedFileOps(FileOps ops, Rereads rereads) {
    super(ops);
    this.rereads = rereads;
  }

  @Override
  public Rereads rereads() {
    return rereads;
  }

  @Override
  public FileFacts stat(Path path) throws IOException {
    return rereads.call(() -> ops.stat(path));
  }

  @Override
  public long changedNanos(Path path) throws IOException {
    return rereads.call(() -> ops.changedNanos(path));
  }

  @Override
  public List<String> list(Path directory) throws IOException {
    return rereads.call(() -> ops.list(directory));
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    // One that took effect before it failed is there the second time, which its callers reckon
    // with. The same holds for a removal, and for a rename, whose source is gone then.
    rereads.call(
        () -> {
          ops.createDirectory(directory);
          return 0;
        });
  }

  @Override
  public void removeDirectory(Path directory) throws IOException {
    rereads.call(
        () -> {
          ops.removeDirectory(directory);
          return 0;
        });
  }

  /**
   * Creates a file. A directory that is stale was removed by another machine, and perhaps made
   * again: to the save that stages in it, it has vanished.
   */
  @Override
  public FileHandle createExclusive(Path file) throws IOException {
    try {
      return ops.createExclusive(file);
    } catch (IOException e) {
      if (!rereads.isReplaced(e)) {
        throw e;
      }
      NoSuchFileException vanished = new NoSuchFileException(file.toString());
      vanished.initCause(e);
      throw vanished;
    }
  }

  @Override
  public FileHandle openForReading(Path file) throws IOException {
    return new ReadHandle(rereads.call(() -> ops.openForReading(file)), rereads);
  }

  @Override
  public FileHandle openForWriting(Path file) throws IOException {
    return rereads.call(() -> ops.openForWriting(file));
  }

  @Override
  public void rename(Path source, Path target) throws IOException {
    rereads.call(
        () -> {
          ops.rename(source, target);
          return 0;
        });
  }

  @Override
  public void unlink(Path file) throws IOException {
    rereads.call(
        () -> {
          ops.unlink(file);
          return 0;
        });
  }

  @Override
  public DirectoryHandle openDirectory(Path directory) throws IOException {
    return rereads.call(() -> ops.openDirectory(directory));
  }

  /**
   * A file that is only read. GlusterFS fails its close too once another machine has replaced it:
   * nothing was written through it, so there is nothing to lose, and what was read is good.
   */
  private record ReadHandle(FileHandle file, Rereads rereads) implements FileHandle {
    @Override
    public FileFacts facts() throws IOException {
      return file.facts();
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
      file.write(source);
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
      file.write(source, position);
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
      return file.read(target, position);
    }

    @Override
    public MappedByteBuffer mapReadOnly(long length) throws IOException {
      return file.mapReadOnly(length);
    }

    @Override
    public MappedByteBuffer mapShared(long length) throws IOException {
      return file.mapShared(length);
    }

    @Override
    public void sync() throws IOException {
      file.sync();
    }

    @Override
    public void close() throws IOException {
      try {
        file.close();
      } catch (IOException e) {
        if (!rereads.isReplaced(e)) {
          throw e;
        }
      }
    }
  }
}
