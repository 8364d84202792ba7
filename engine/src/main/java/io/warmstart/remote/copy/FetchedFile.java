package io.warmstart.remote.copy;

import io.warmstart.io.FileOps;
import io.warmstart.payload.PayloadMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A payload that is too large for that lies in a file of its own, and is written once more. */
final class FetchedFile implements FetchedPayload {
  private final FileOps ops;
  private final Path path;
  private final FileOps.FileHandle file;
  private final long mostBytes;
  private long length;

  /** Makes an empty one. */
  FetchedFile(FileOps ops, Path path, long mostBytes) throws LocalException {
    this.ops = ops;
    this.path = path;
    this.mostBytes = mostBytes;
    try {
      file = ops.createExclusive(path);
    } catch (IOException e) {
      throw new LocalException(e);
    }
  }

  @Override
  public void add(byte[] piece, int count) throws LocalException {
    length += count;
    if (length <= mostBytes) {
      try {
        file.write(ByteBuffer.wrap(piece, 0, count));
      } catch (IOException e) {
        throw new LocalException(e);
      }
    }
  }

  @Override
  public long length() {
    return length;
  }

  @Override
  public PayloadMemory.Loaded load() throws LocalException {
    try {
      return PayloadMemory.load(file, length, true);
    } catch (IOException e) {
      throw new LocalException(e);
    }
  }

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
