package io.warmstart.remote;

import io.warmstart.io.FileOps;
import io.warmstart.payload.PayloadMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Where a payload lies until it is proven to be what its manifest says. What fails of it fails
 * here, and not in the remote. For one thread.
 */
final class FetchedFile implements AutoCloseable {
  private final FileOps ops;
  private final Path path;
  private final FileOps.FileHandle file;
  private long length;

  /** Makes an empty one. */
  FetchedFile(FileOps ops, Path path) throws LocalException {
    this.ops = ops;
    this.path = path;
    try {
      file = ops.createExclusive(path);
    } catch (IOException e) {
      throw new LocalException(e);
    }
  }

  /** Takes more of the payload; of what is longer than it may be only the length. */
  void add(byte[] piece, int count, long mostBytes) throws LocalException {
    length += count;
    if (length <= mostBytes) {
      try {
        file.write(ByteBuffer.wrap(piece, 0, count));
      } catch (IOException e) {
        throw new LocalException(e);
      }
    }
  }

  /** How much has come. */
  long length() {
    return length;
  }

  /** What has come, with its checksum; for the caller to release. */
  PayloadMemory.Loaded load() throws LocalException {
    try {
      return PayloadMemory.load(file, length, true);
    } catch (IOException e) {
      throw new LocalException(e);
    }
  }

  /** Removes it; what was loaded stays. */
  @Override
  public void close() throws LocalException {
    try (file) {
      ops.unlink(path);
    } catch (NoSuchFileException e) {
      // Taken for what a dead process has left.
    } catch (IOException e) {
      throw new LocalException(e);
    }
  }
}
