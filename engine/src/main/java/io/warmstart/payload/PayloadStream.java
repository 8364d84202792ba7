package io.warmstart.payload;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.function.BooleanSupplier;

/**
 * A payload of any size as a stream, without a copy of the whole. For one thread; once the lease
 * under it has ended, reading is an error.
 */
public final class PayloadStream extends InputStream {
  private final PayloadMemory memory;
  private final BooleanSupplier leased;
  private long position;
  private long marked;

  /**
   * Makes a stream at the beginning.
   *
   * @param leased whether the payload is still leased
   */
  public PayloadStream(PayloadMemory memory, BooleanSupplier leased) {
    this.memory = memory;
    this.leased = leased;
  }

  private void requireLease() throws IOException {
    if (!leased.getAsBoolean()) {
      throw new IOException("the entry is closed");
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, target.length);
    requireLease();
    int count = (int) Math.min(length, memory.length() - position);
    if (count == 0) {
      return length == 0 ? 0 : -1;
    }
    memory.get(position, target, offset, count);
    position += count;
    return count;
  }

  @Override
  public long skip(long count) throws IOException {
    requireLease();
    long skipped = Math.max(0, Math.min(count, memory.length() - position));
    position += skipped;
    return skipped;
  }

  @Override
  public int available() throws IOException {
    requireLease();
    return (int) Math.min(Integer.MAX_VALUE, memory.length() - position);
  }

  @Override
  public boolean markSupported() {
    return true;
  }

  @Override
  public void mark(int mostRead) {
    marked = position;
  }

  @Override
  public void reset() throws IOException {
    requireLease();
    position = marked;
  }
}
