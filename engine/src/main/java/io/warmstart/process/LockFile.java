package io.warmstart.process;

import io.warmstart.io.Directories;
import io.warmstart.io.FileFacts;
import io.warmstart.io.FileOps;
import io.warmstart.model.Digest256;
import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * The one descriptor of {@code .warmstart/locks} that a process has, and the byte-range locks that
 * it holds through it: byte 0 serialises attaching, one byte for each row of the process table says
 * that its owner lives, one for each stripe keeps the other processes out, one for each key that is
 * claimed says by whom.
 *
 * <p>The kernel drops a process's locks when it dies, however it dies, and keeps them while it is
 * stopped. It also drops <em>all</em> locks of a process on a file when the process closes
 * <em>any</em> descriptor of it; so the file is open once, and nothing else in the JVM may open it.
 * A {@link java.nio.channels.FileChannel} is closed by an interrupt in nearly all of its operations
 * (not in {@code tryLock} of JDK 17 and 25, which no word promises); an asynchronous channel never
 * is, and its {@code tryLock} asks the kernel from the calling thread.
 *
 * <p>Any thread may lock and release. Opening, closing and {@link #isCurrent} are for one thread at
 * a time: under the monitor of {@link ProcessTable}.
 */
public final class LockFile {
  public static final String NAME = "locks";

  /** Held while a process attaches. */
  public static final long ATTACH_BYTE = 0;

  static final long FIRST_ROW_BYTE = 1;

  /**
   * Every process holds this one, shared: the kernel grants it to all of them, and the JDK only
   * once in a JVM. It never grants nor keeps out anything else.
   */
  static final long JVM_BYTE = 2048;

  /** Held while a process gives up segments of the dead. */
  static final long GIVING_UP_BYTE = 2049;

  /** Held, shared, by each process that has no coordination file: nobody keeps a stripe then. */
  static final long UNATTACHED_BYTE = 2050;

  static final long FIRST_STRIPE_BYTE = 4096;

  /** One for each stripe too: held by a process that revokes its bias. */
  static final long FIRST_REVOCATION_BYTE = 6144;

  static final long FIRST_SEGMENT_BYTE = 8192;

  /** Far beyond all others: a key's byte is found from the key alone. */
  static final long FIRST_CLAIM_BYTE = 1L << 62;

  private static final int MOST_ATTEMPTS = 1000;

  private final Placement place;
  private final Path directory;
  private final Path path;
  private final FileOps ops;
  private volatile @Nullable AsynchronousFileChannel channel;
  private @Nullable FileFacts identity;
  private OpenLockFiles.@Nullable Claim claim;

  /** Held for as long as the file is open: the JDK keeps only a weak reference to it. */
  @SuppressWarnings("UnusedVariable")
  private @Nullable FileLock jvmLock;

  /**
   * Descriptors that were opened although the file was open in this JVM, by its identity. To close
   * one would drop the locks of the other; so it stays, and is used once the other is closed.
   */
  private static final Map<String, AsynchronousFileChannel> STRANDED = new HashMap<>();

  /** What the kernel refused to release. */
  private final Queue<FileLock> overdue = new ConcurrentLinkedQueue<>();

  LockFile(Placement place, FileOps ops) {
    this.place = place;
    this.directory = place.directory();
    this.path = directory.resolve(NAME);
    this.ops = ops;
  }

  public Path path() {
    return path;
  }

  /** The identity of the file that is open; null if none is. */
  @Nullable String identity() {
    FileFacts opened = identity;
    return opened == null ? null : String.valueOf(opened.identity());
  }

  /** Whether the file is open and its name still leads to it. */
  public boolean isCurrent() {
    AsynchronousFileChannel open = channel;
    FileFacts opened = identity;
    if (open == null || !open.isOpen() || opened == null) {
      return false;
    }
    try {
      return ops.stat(path).sameFileAs(opened);
    } catch (IOException e) {
      // Gone or out of reach: nobody else will find it either.
      return false;
    }
  }

  /**
   * Opens the file that the name leads to now, making it if need be, unless it is open already. If
   * it is opened, locks that were held before are gone.
   */
  public void open() throws IOException {
    if (isCurrent()) {
      return;
    }
    close();
    for (int attempt = 1; channel == null; attempt++) {
      try {
        createEngineDirectory();
        refuseOtherThanFile();
        create();
        openIfUnreplaced();
      } catch (NoSuchFileException e) {
        // The original store removes any directory of a root that it finds empty, and this one is
        // for an instant. A file in it ends that.
        if (attempt == MOST_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  /** Creating it drops no lock: this process holds none on a file that was not there. */
  private void create() throws IOException {
    try {
      synchronized (OpenLockFiles.MONITOR) {
        // Not while another class loader opens what was made here, and locks it.
        ops.openForLocks(path, true).close();
      }
    } catch (FileAlreadyExistsException e) {
      // The usual case.
    }
  }

  /**
   * Opens the lock file, if the name leads to the same one before and after. Java tells nothing of
   * the file behind a descriptor; a lock on a file that was replaced in between would be seen by
   * nobody, and no later look at the name would tell.
   */
  private void openIfUnreplaced() throws IOException {
    synchronized (OpenLockFiles.MONITOR) {
      FileFacts before = ops.stat(path);
      String file = String.valueOf(before.identity());
      OpenLockFiles.Claim claimed =
          OpenLockFiles.claim(path, file, String.valueOf(ops.stat(directory).identity()));
      AsynchronousFileChannel opened = null;
      boolean kept = false;
      try {
        opened = STRANDED.remove(file);
        if (opened == null) {
          opened = ops.openForLocks(path, false);
        }
        FileFacts after = ops.stat(path);
        if (after.sameFileAs(before)) {
          jvmLock = lockForJvm(opened, file);
          channel = opened;
          identity = after;
          claim = claimed;
          kept = true;
        }
      } finally {
        if (!kept) {
          claimed.release();
          if (opened != null && !STRANDED.containsValue(opened)) {
            opened.close();
          }
        }
      }
    }
  }

  private FileLock lockForJvm(AsynchronousFileChannel opened, String file) throws IOException {
    try {
      FileLock lock = tryLock(opened, JVM_BYTE, true);
      if (lock == null) {
        throw new FileSystemException(
            path.toString(), null, "another program has locked byte " + JVM_BYTE);
      }
      return lock;
    } catch (OverlappingFileLockException e) {
      STRANDED.put(file, opened);
      throw OpenLockFiles.isOpenAlready(path, "unknown");
    }
  }

  private void createEngineDirectory() throws IOException {
    Directories.make(ops, directory);
    if (place.nodeLocal()) {
      // Each time: somebody may have deleted it since, and another user made one in its place.
      PrivateDirectory.require(directory, place.user());
    }
  }

  /** Said here, since the error of opening a link or a pipe for writing names no file. */
  private void refuseOtherThanFile() throws IOException {
    try {
      if (!ops.stat(path).regular()) {
        throw new FileSystemException(path.toString(), null, "not a regular file");
      }
    } catch (NoSuchFileException e) {
      // The first process on this root makes it.
    }
  }

  public static long rowByte(int row) {
    return FIRST_ROW_BYTE + row;
  }

  public static long stripeByte(int stripe) {
    return FIRST_STRIPE_BYTE + stripe;
  }

  /** Held by a process that takes a biased stripe away. */
  public static long revocationByte(int stripe) {
    return FIRST_REVOCATION_BYTE + stripe;
  }

  /** Held by the process that a segment of the journal belongs to. */
  public static long segmentByte(int segment) {
    return FIRST_SEGMENT_BYTE + segment;
  }

  /**
   * Held by the process that has claimed a key. Of 2^61 bytes each key has its own but for chance:
   * two keys that share one cannot be claimed at once, and that is all.
   */
  public static long claimByte(Digest256 key) {
    return FIRST_CLAIM_BYTE + (key.word(0) >>> 3);
  }

  /**
   * Takes the lock on one byte, held until it is released, the file closed, or the lock forgotten:
   * the JDK keeps only a weak reference, without which it would grant the same byte once more.
   *
   * @return null if it is held, by another process or in this JVM
   * @throws IOException if the file is not open, or the kernel has no locks to give
   */
  public @Nullable FileLock tryLock(long position) throws IOException {
    return tryLock(position, false);
  }

  /** The same of a lock that others may share. */
  @Nullable FileLock tryLockShared(long position) throws IOException {
    return tryLock(position, true);
  }

  private @Nullable FileLock tryLock(long position, boolean shared) throws IOException {
    AsynchronousFileChannel open = channel;
    if (open == null) {
      throw new ClosedChannelException();
    }
    releaseOverdue();
    try {
      return tryLock(open, position, shared);
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  private static @Nullable FileLock tryLock(
      AsynchronousFileChannel open, long position, boolean shared) throws IOException {
    try {
      return open.tryLock(position, 1, shared);
    } catch (AssertionError e) {
      // So the JDK says that it could not look at the file, which it does when it first locks it.
      if (e.getCause() instanceof IOException failure) {
        throw new IOException(failure.getMessage(), e);
      }
      // And that the file was closed just as the kernel had granted the lock.
      if (open.isOpen()) {
        throw e;
      }
      AsynchronousCloseException closed = new AsynchronousCloseException();
      closed.initCause(e);
      throw closed;
    }
  }

  /** Whether nobody holds a row's byte, for an instant at least. */
  public boolean isFree(int row) throws IOException {
    FileLock lock = tryLock(rowByte(row));
    if (lock == null) {
      return false;
    }
    release(lock);
    return true;
  }

  /**
   * Releases a lock, which may have gone with the channel that it was taken on. If the kernel
   * refuses, the byte would stay locked for the life of the process: it is tried again before the
   * next lock is taken, and with each heartbeat.
   */
  public void release(FileLock lock) {
    if (!isReleased(lock)) {
      overdue.add(lock);
    }
  }

  /** Releases what could not be released before. */
  void releaseOverdue() {
    for (FileLock lock = overdue.poll(); lock != null; lock = overdue.poll()) {
      if (!isReleased(lock)) {
        overdue.add(lock);
        return;
      }
    }
  }

  private static boolean isReleased(FileLock lock) {
    try {
      lock.release();
      return true;
    } catch (ClosedChannelException e) {
      // A process that closes a descriptor has released all that was locked through it.
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Closes the file, and with it drops every lock. */
  void close() {
    synchronized (OpenLockFiles.MONITOR) {
      AsynchronousFileChannel open = channel;
      OpenLockFiles.Claim claimed = claim;
      channel = null;
      identity = null;
      claim = null;
      jvmLock = null;
      try {
        if (open != null) {
          open.close();
        }
      } catch (IOException e) {
        // The locks are gone with the descriptor, which the kernel frees in any case.
        return;
      } finally {
        if (claimed != null) {
          claimed.release();
        }
      }
    }
  }
}
