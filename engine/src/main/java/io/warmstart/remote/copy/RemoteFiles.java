package io.warmstart.remote.copy;

import io.warmstart.format.DirectoryNames;
import io.warmstart.io.Directories;
import io.warmstart.io.FileOps;
import io.warmstart.pair.ChangeAges;
import io.warmstart.pair.RenamedFile;
import io.warmstart.payload.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

/**
 * What stores with a remote have in the root for themselves: files that are being fetched, and
 * marks that tell until when all was known to be there. Safe for all threads.
 */
final class RemoteFiles {
  private static final String DIRECTORY = "remote";
  private static final String FETCHED_PREFIX = "fetch~";
  private static final String MARK = "pushed";
  private static final String MARK_PREFIX = MARK + "-";
  private static final int MARK_DIGITS = 16;
  private static final long LEFT_AFTER_NANOS = 3_600_000_000_000L;

  private final FileOps ops;
  private final ChangeAges ages;
  private final Path root;
  private final Path own;
  private final Path directory;

  RemoteFiles(FileOps ops, ChangeAges ages, Path root) {
    this.ops = ops;
    this.ages = ages;
    this.root = root;
    this.own = root.resolve(DirectoryNames.ENGINE_DIRECTORY);
    this.directory = own.resolve(DIRECTORY);
  }

  /** A name for what is being fetched. */
  Path fresh() throws IOException {
    Directories.make(ops, own);
    Directories.make(ops, directory);
    return directory.resolve(FETCHED_PREFIX + UUID.randomUUID());
  }

  /** The moment by the clock of the root's file system, unix nanoseconds. */
  long now() throws IOException {
    Path path = fresh();
    ops.createExclusive(path).close();
    long now = ops.changedNanos(path);
    ops.unlink(path);
    return now;
  }

  private RenamedFile mark(String remote) {
    Sha256 sha256 = new Sha256();
    byte[] name = remote.getBytes(StandardCharsets.UTF_8);
    sha256.update(name, name.length);
    return new RenamedFile(
        ops,
        ages,
        List.of(root, own, directory),
        MARK_PREFIX + sha256.finish().toHex().substring(0, MARK_DIGITS),
        MARK);
  }

  /** Until when all was in a remote, unix nanoseconds; 0 if nobody knows. */
  long inRemoteUntil(String remote) throws IOException {
    try {
      byte[] bytes = mark(remote).read(Long.BYTES);
      return bytes.length == Long.BYTES ? ByteBuffer.wrap(bytes).getLong() : 0;
    } catch (NoSuchFileException e) {
      return 0;
    }
  }

  void noteInRemote(String remote, long untilNanos) throws IOException {
    mark(remote).publish(ByteBuffer.allocate(Long.BYTES).putLong(untilNanos).array(), false);
  }

  /** Of no key it is known any more that it is in any remote. */
  void forgetInRemote() throws IOException {
    remove(name -> name.startsWith(MARK_PREFIX));
  }

  /** Removes files of fetches that never ended, if they are older than an hour. */
  void removeLeftovers(long nowNanos) throws IOException {
    remove(
        name ->
            name.startsWith(FETCHED_PREFIX)
                && nowNanos - ops.changedNanos(directory.resolve(name)) > LEFT_AFTER_NANOS);
  }

  private interface Which {
    boolean of(String name) throws IOException;
  }

  private void remove(Which which) throws IOException {
    try {
      for (String name : ops.list(directory)) {
        if (which.of(name)) {
          ops.unlink(directory.resolve(name));
        }
      }
    } catch (NoSuchFileException e) {
      // There never were any, or another process removes them too.
    }
  }
}
