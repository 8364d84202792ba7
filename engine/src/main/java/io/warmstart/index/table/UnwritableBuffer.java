package io.warmstart.index.table;

import java.nio.MappedByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A file of the index as a process maps it that may only read it. A store would kill the JVM, so it
 * is dropped, as one that meets a page which is gone: the index is made for that.
 */
public final class UnwritableBuffer extends UnsafeBuffer {
  UnwritableBuffer(MappedByteBuffer mapped) {
    super(mapped);
  }

  @Override
  public void putLong(int index, long value) {}

  @Override
  public void putLongVolatile(int index, long value) {}

  @Override
  public void putLongRelease(int index, long value) {}

  @Override
  public void putBytes(int index, byte[] source, int offset, int length) {}
}
