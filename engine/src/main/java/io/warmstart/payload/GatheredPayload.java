package io.warmstart.payload;

import io.warmstart.payload.PayloadMemory.Loaded;
import java.io.IOException;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A payload that comes piece by piece, gathered in native memory, with its checksum computed on the
 * way: while the next piece is under way. For one thread.
 */
public final class GatheredPayload implements AutoCloseable {
  private static final long LEAST_BYTES = 1 << 16;

  private final long mostBytes;
  private final Sha256 sha256 = new Sha256();
  private long address;
  private long capacity;
  private long length;

  /**
   * Makes an empty one, which takes no memory yet.
   *
   * @param mostBytes up to what length it is kept; of what is longer nothing is
   */
  public GatheredPayload(long mostBytes) {
    this.mostBytes = mostBytes;
  }

  /**
   * Takes the next piece; of what is longer than it may be only the length.
   *
   * @throws IOException if there is no memory for it
   */
  public void add(byte[] piece, int count) throws IOException {
    long before = length;
    length += count;
    if (length > mostBytes) {
      free();
      return;
    }
    if (count == 0) {
      return;
    }
    reserve();
    new UnsafeBuffer(address + before, count).putBytes(0, piece, 0, count);
    sha256.update(piece, count);
  }

  private void reserve() throws IOException {
    if (length <= capacity) {
      return;
    }
    long more = Math.min(mostBytes, Math.max(Math.max(LEAST_BYTES, length), 2 * capacity));
    address =
        capacity == 0
            ? PayloadMemory.allocate(more)
            : PayloadMemory.reallocate(address, more, length);
    capacity = more;
  }

  /** How much has come. */
  public long length() {
    return length;
  }

  /** Whether all that has come was kept. */
  public boolean isWhole() {
    return length <= mostBytes;
  }

  /** What has come, with its checksum; for the caller to release. Nothing more can be added. */
  public Loaded take() throws IOException {
    if (!isWhole()) {
      throw new IOException("payload is too long: expected<=" + mostBytes + " actual=" + length);
    }
    // What was not needed of the last doubling would be kept for as long as the payload is.
    if (capacity > length) {
      address = PayloadMemory.reallocate(address, length, length);
      capacity = length;
    }
    Loaded taken = new Loaded(PayloadMemory.ofCopy(address, length), sha256.finish());
    address = 0;
    capacity = 0;
    return taken;
  }

  private void free() {
    if (capacity > 0) {
      UnsafeApi.freeMemory(address);
      address = 0;
      capacity = 0;
    }
  }

  /** Frees what was not taken. */
  @Override
  public void close() {
    free();
  }
}
