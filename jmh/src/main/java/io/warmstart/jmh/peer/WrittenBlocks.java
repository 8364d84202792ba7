package io.warmstart.jmh.peer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file whose blocks are all written, so that a write into it moves no metadata, and a sync of the
 * data has nothing else to write. Not for use by several threads.
 */
public final class WrittenBlocks implements AutoCloseable {
  private static final long BYTES = 64L << 20;

  private final Path path;
  private final FileChannel channel;
  private long position;

  /** Writes zeros. */
  public WrittenBlocks(Path path) throws IOException {
    this.path = path;
    channel =
        FileChannel.open(
            path, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
    ByteBuffer zeros = ByteBuffer.allocateDirect(1 << 20);
    for (long written = 0; written < BYTES; written += zeros.capacity()) {
      channel.write(zeros.clear());
    }
    channel.force(true);
  }

  /**
   * Writes behind what was written before, from the start again at the end, and syncs the data.
   *
   * @return where it lies
   */
  public long append(byte[] bytes) throws IOException {
    if (position + bytes.length > BYTES) {
      position = 0;
    }
    long start = position;
    ByteBuffer source = ByteBuffer.wrap(bytes);
    while (source.hasRemaining()) {
      position += channel.write(source, position);
    }
    channel.force(false);
    return start;
  }

  /** Reads what lies there. */
  void read(long start, byte[] target) throws IOException {
    ByteBuffer into = ByteBuffer.wrap(target);
    while (into.hasRemaining()) {
      if (channel.read(into, start + into.position()) < 0) {
        throw new IOException("file ended: position=" + start);
      }
    }
  }

  /** Where it is. */
  public Path path() {
    return path;
  }

  /** Proves that it has not grown. */
  @Override
  public void close() throws IOException {
    try (channel) {
      if (channel.size() != BYTES) {
        throw new IllegalStateException(
            "file bytes: expected=" + BYTES + " actual=" + channel.size());
      }
    }
  }
}
