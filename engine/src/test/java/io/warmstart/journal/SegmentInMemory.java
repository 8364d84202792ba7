package io.warmstart.journal;

import io.warmstart.io.NioFileOps;
import io.warmstart.segment.Segment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;

/** Segments without a file, for what reads and writes their bytes alone. */
public final class SegmentInMemory {
  private SegmentInMemory() {}

  public static Segment of(int number, int length) {
    try {
      return new Segment(
          number,
          new UnsafeBuffer(ByteBuffer.allocateDirect(length)),
          new NioFileOps().stat(Path.of("/")));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
