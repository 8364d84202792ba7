package io.warmstart.io;

import io.warmstart.flight.Flight;
import io.warmstart.flight.SyncEvent;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** {@link FileOps} on the real file system. */
public final class NioFileOps implements FileOps {
  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_FILE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_DIRECTORY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
  private static final Set<OpenOption> CREATE_EXCLUSIVE =
      Set.of(
          StandardOpenOption.CREATE_NEW,
          StandardOpenOption.WRITE,
          StandardOpenOption.READ,
          LinkOption.NOFOLLOW_LINKS);

  private static final Set<OpenOption> READ_AND_WRITE =
      Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);

  /**
   * The JDK copies a heap buffer into a direct one of the same size that each thread then keeps, so
   * a large payload goes out in pieces of this size.
   */
  private static final int WRITE_CHUNK_BYTES = 128 * 1024;

  @Override
  public FileFacts stat(Path path) throws IOException {
    return FileFacts.of(
        Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS));
  }

  @Override
  public long changedNanos(Path path) throws IOException {
    FileTime changed = (FileTime) Files.getAttribute(path, "unix:ctime", LinkOption.NOFOLLOW_LINKS);
    return changed.to(TimeUnit.NANOSECONDS);
  }

  @Override
  public long usableBytes(Path directory) {
    // One question to the kernel; a FileStore would read the table of mounts.
    return directory.toFile().getUsableSpace();
  }

  @Override
  public List<String> list(Path directory) throws IOException {
    // The JDK would follow a link here, and wait for a writer if it were a pipe.
    if (!stat(directory).directory()) {
      throw new NotDirectoryException(directory.toString());
    }
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
      for (Path path : stream) {
        String name = path.getFileName().toString();
        if (isAscii(name) || leadsBack(directory, name, path)) {
          names.add(name);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return names;
  }

  private static boolean isAscii(String name) {
    for (int i = 0; i < name.length(); i++) {
      if (name.charAt(i) > '~') {
        return false;
      }
    }
    return true;
  }

  /**
   * Whether a name that was decoded by this JVM's locale leads to the file that it was read from.
   * Bytes that the locale cannot spell become a replacement character, which is another name, or
   * none that a path can be made of.
   */
  private static boolean leadsBack(Path directory, String name, Path path) {
    try {
      return directory.resolve(name).equals(path);
    } catch (InvalidPathException e) {
      return false;
    }
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    Files.createDirectory(directory, PRIVATE_DIRECTORY);
  }

  @Override
  public void removeDirectory(Path directory) throws IOException {
    Files.delete(directory);
  }

  @Override
  public FileHandle createExclusive(Path file) throws IOException {
    return new ChannelHandle(file, FileChannel.open(file, CREATE_EXCLUSIVE, PRIVATE_FILE));
  }

  @Override
  public FileHandle openForReading(Path file) throws IOException {
    return new ChannelHandle(
        file, FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
  }

  @Override
  public FileHandle openForWriting(Path file) throws IOException {
    return new ChannelHandle(file, FileChannel.open(file, READ_AND_WRITE));
  }

  @Override
  public AsynchronousFileChannel openForLocks(Path file, boolean create) throws IOException {
    // Without an executor of ours: nothing is ever run on one.
    return create
        ? AsynchronousFileChannel.open(file, CREATE_EXCLUSIVE, null, PRIVATE_FILE)
        : AsynchronousFileChannel.open(file, READ_AND_WRITE, null);
  }

  @Override
  public SyncHandle openForSync(Path file) throws IOException {
    return new ChannelSync(AsynchronousFileChannel.open(file, READ_AND_WRITE, null));
  }

  @Override
  public void rename(Path source, Path target) throws IOException {
    Files.move(source, target, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void link(Path newName, Path existing) throws IOException {
    Files.createLink(newName, existing);
  }

  @Override
  public void unlink(Path file) throws IOException {
    Files.delete(file);
  }

  @Override
  public DirectoryHandle openDirectory(Path directory) throws IOException {
    return new ChannelDirectory(directory);
  }

  /** An asynchronous channel syncs on the calling thread, and no interrupt closes it. */
  private record ChannelSync(AsynchronousFileChannel channel) implements SyncHandle {
    @Override
    public void sync() throws IOException {
      SyncEvent event = Flight.sync();
      channel.force(false);
      if (event != null) {
        event.over("segment");
      }
    }

    @Override
    public void sync(MappedByteBuffer mapping, int length) throws IOException {
      SyncEvent event = Flight.sync();
      try {
        mapping.force(0, length);
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
      if (event != null) {
        event.over("segment");
      }
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  private record ChannelHandle(Path path, FileChannel channel) implements FileHandle {

    @Override
    public FileFacts facts() throws IOException {
      // Java has no fstat. Our own descriptor keeps the inode from being reused, but not the name
      // from being replaced: callers compare this with what they stat later, under a lock.
      return FileFacts.of(
          Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS));
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
      int limit = source.limit();
      while (source.position() < limit) {
        source.limit(Math.min(limit, source.position() + WRITE_CHUNK_BYTES));
        channel.write(source);
      }
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
      int limit = source.limit();
      long at = position;
      while (source.position() < limit) {
        source.limit(Math.min(limit, source.position() + WRITE_CHUNK_BYTES));
        at += channel.write(source, at);
      }
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
      return channel.read(target, position);
    }

    @Override
    public MappedByteBuffer mapReadOnly(long length) throws IOException {
      long size = channel.size();
      if (size < length) {
        throw new EOFException(
            "file ends early: expected=" + length + " actual=" + size + " file=" + path);
      }
      return channel.map(MapMode.READ_ONLY, 0, length);
    }

    @Override
    public MappedByteBuffer mapShared(long length) throws IOException {
      return channel.map(MapMode.READ_WRITE, 0, length);
    }

    @Override
    public void sync() throws IOException {

      SyncEvent event = Flight.sync();
      channel.force(true);
      if (event != null) {
        event.over("file");
      }
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  /** Reopens after an interrupt has closed the channel: syncing names again loses nothing. */
  private static final class ChannelDirectory implements DirectoryHandle {
    private final FileChannel channel;
    private final FileFacts facts;

    ChannelDirectory(Path path) throws IOException {
      channel = FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
      try {
        facts =
            FileFacts.of(
                Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS));
      } catch (IOException | RuntimeException | Error e) {
        try {
          channel.close();
        } catch (IOException suppressed) {
          e.addSuppressed(suppressed);
        }
        throw e;
      }
    }

    @Override
    public FileFacts facts() {
      return facts;
    }

    @Override
    public void sync() throws IOException {

      SyncEvent event = Flight.sync();
      DirectorySync.sync(channel);
      if (event != null) {
        event.over("directory");
      }
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
