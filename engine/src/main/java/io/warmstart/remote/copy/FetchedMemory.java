package io.warmstart.remote.copy;

import io.warmstart.payload.GatheredPayload;
import io.warmstart.payload.PayloadMemory;
import java.io.IOException;

/** A payload that is small enough to lie in memory: on disk it lies first where it stays. */
final class FetchedMemory implements FetchedPayload {
  private final GatheredPayload gathered;

  /** Makes an empty one. */
  FetchedMemory(long mostBytes) {
    this.gathered = new GatheredPayload(mostBytes);
  }

  @Override
  public void add(byte[] piece, int count) throws LocalException {
    try {
      gathered.add(piece, count);
    } catch (IOException e) {
      throw new LocalException(e);
    }
  }

  @Override
  public long length() {
    return gathered.length();
  }

  /** Whether it is not longer than it may be. */
  boolean isWhole() {
    return gathered.isWhole();
  }

  @Override
  public PayloadMemory.Loaded load() throws LocalException {
    try {
      return gathered.take();
    } catch (IOException e) {
      throw new LocalException(e);
    }
  }

  @Override
  public void close() {
    gathered.close();
  }
}
