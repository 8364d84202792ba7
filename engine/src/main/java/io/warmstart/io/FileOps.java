package io.warmstart.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The file operations that the engine uses, each at most one system call that can fail for a reason
 * of its own. Tests wrap it to fail, or to "lose power", at every index of a flow.
 *
 * <p>No operation follows a symbolic link in its last component. Errors are the JDK's: {@link
 * java.nio.file.NoSuchFileException}, {@link java.nio.file.FileAlreadyExistsException}, {@link
 * java.nio.file.DirectoryNotEmptyException}, {@link java.nio.file.AccessDeniedException}; {@link
 * IoFailure} tells the others apart. Safe for all threads.
 */
public interface FileOps {

  /** How to read again what another machine replaces meanwhile. */
  default Rereads rereads() {
    return Rereads.LOCAL;
  }

  /** The facts of a name, of the link itself where it is one. */
  FileFacts stat(Path path) throws IOException;

  /** The same; null if nothing has the name. */
  default @Nullable FileFacts statOrNull(Path path) throws IOException {
    try {
      return stat(path);
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /** When a name's file last changed in any way, a rename included; nanoseconds since the epoch. */
  long changedNanos(Path path) throws IOException;

  /**
   * The names in a directory, in no order. One that this JVM's locale cannot spell is left out: no
   * path can be made of it, and none of ours is like that.
   *
   * @throws java.nio.file.NotDirectoryException if it is none, a link to one for instance
   */
  List<String> list(Path directory) throws IOException;

  /** The bytes that files in a directory could still be given; 0 if that is unknown. */
  long usableBytes(Path directory);

  /** Creates a directory with mode 0700. */
  void createDirectory(Path directory) throws IOException;

  /** Removes an empty directory. */
  void removeDirectory(Path directory) throws IOException;

  /** Creates a file that must not exist, with mode 0600, open for writing and reading. */
  FileHandle createExclusive(Path file) throws IOException;

  /** Opens a regular file for reading. */
  FileHandle openForReading(Path file) throws IOException;

  /** Opens an existing regular file for writing and reading. */
  FileHandle openForWriting(Path file) throws IOException;

  /**
   * Opens a regular file to lock bytes of it. No interrupt closes the channel.
   *
   * @param create whether to make the file, with mode 0600; then it must not exist
   */
  AsynchronousFileChannel openForLocks(Path file, boolean create) throws IOException;

  /** Opens a regular file to sync what is stored to it by a mapping. No interrupt closes it. */
  SyncHandle openForSync(Path file) throws IOException;

  /** Renames, replacing the target atomically. */
  void rename(Path source, Path target) throws IOException;

  /** Gives a file a second name that must not exist. */
  void link(Path newName, Path existing) throws IOException;

  /** Removes a name that is not a directory. */
  void unlink(Path file) throws IOException;

  /** The same where somebody else may have been faster: a sweep, or a store that knows no lock. */
  default void unlinkIfThere(Path file) throws IOException {
    try {
      unlink(file);
    } catch (NoSuchFileException e) {
      // Nothing had the name.
    }
  }

  /** Opens a directory, to sync the names in it. */
  DirectoryHandle openDirectory(Path directory) throws IOException;

  /** An open file. For one thread at a time. */
  interface FileHandle extends Closeable {
    /** The facts of the open file itself, whatever its name points to by now. */
    FileFacts facts() throws IOException;

    /** Writes all that remains of the source at the end of what was written through this handle. */
    void write(ByteBuffer source) throws IOException;

    /** Writes all that remains of the source at a position. */
    void write(ByteBuffer source, long position) throws IOException;

    /** Reads at a position, as {@link java.nio.channels.FileChannel#read(ByteBuffer, long)}. */
    int read(ByteBuffer target, long position) throws IOException;

    /**
     * Maps from the beginning, read-only.
     *
     * @throws java.io.EOFException if the file is shorter
     */
    MappedByteBuffer mapReadOnly(long length) throws IOException;

    /** Maps from the beginning, shared with every process that maps the file. */
    MappedByteBuffer mapShared(long length) throws IOException;

    /**
     * Makes the file's bytes and size durable. After a failure the kernel has marked the pages
     * clean: the file is lost, and a second call would report success for nothing.
     */
    void sync() throws IOException;

    @Override
    void close() throws IOException;
  }

  /** An open file that is only synced through this handle. Safe for all threads. */
  interface SyncHandle extends Closeable {
    /**
     * Makes the file's bytes durable, all processes' stores among them; its size stays as it is.
     * After a failure, see {@link FileHandle#sync}.
     */
    void sync() throws IOException;

    /**
     * Makes the file's first bytes durable and leaves the others as they are: a page that a sync
     * has written costs a page fault when it is stored to again. After a failure, see {@link
     * FileHandle#sync}.
     *
     * @param mapping of the file, from its beginning
     * @param length of what is to be durable, in bytes
     */
    void sync(MappedByteBuffer mapping, int length) throws IOException;

    @Override
    void close() throws IOException;
  }

  /** An open directory. Safe for all threads. */
  interface DirectoryHandle extends Closeable {
    /** The facts of the open directory itself. */
    FileFacts facts();

    /** Makes the names in the directory durable, if its file system can: {@link DirectorySync}. */
    void sync() throws IOException;

    @Override
    void close() throws IOException;
  }
}
