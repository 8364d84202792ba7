package io.warmstart.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;

/** How the bytes of files move through the heap. */
public final class Pieces {
  private Pieces() {}

  /** Large enough that a call's cost does not show, small enough to stay in a core's own cache. */
  private static final int MOST_BYTES = 128 * 1024;

  /** For what is empty, and grows meanwhile. */
  private static final int LEAST_BYTES = 512;

  /** More than nearly all manifests, labels and policies have. */
  private static final int SMALL_FILE_BYTES = 1024;

  /** Takes what was read, in the order of the file. */
  public interface Sink {
    /** Takes the first {@code count} bytes of a piece, which then holds others. */
    void take(byte[] piece, int count) throws IOException;
  }

  /** Room for all of something so long, or for a piece of it: most files are far smaller. */
  public static byte[] of(long length) {
    return new byte[(int) Math.max(LEAST_BYTES, Math.min(length, MOST_BYTES))];
  }

  /**
   * Reads the beginning of a file: to the end that it has when that is reached, or so many bytes. A
   * caller who asks for one more than may be there sees that the file is too long, and keeps no
   * more of it in memory.
   */
  public static byte[] first(FileOps ops, Path path, int most) throws IOException {
    byte[] bytes = new byte[Math.min(SMALL_FILE_BYTES, most)];
    int length = 0;
    try (FileOps.FileHandle file = ops.openForReading(path)) {
      while (length < most) {
        if (length == bytes.length) {
          bytes = Arrays.copyOf(bytes, Math.min(2 * length, most));
        }
        int count = file.read(ByteBuffer.wrap(bytes, length, bytes.length - length), length);
        if (count <= 0) {
          break;
        }
        length += count;
      }
    }
    return Arrays.copyOf(bytes, length);
  }

  /** Hands on all of a file, to the end that it has when that is reached. */
  public static void each(FileOps.FileHandle file, Sink sink) throws IOException {
    byte[] piece = of(file.facts().size());
    for (long position = 0; ; ) {
      int count = file.read(ByteBuffer.wrap(piece), position);
      if (count <= 0) {
        return;
      }
      sink.take(piece, count);
      position += count;
    }
  }
}
