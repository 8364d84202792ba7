package io.warmstart.jmh.peer;

import io.warmstart.jmh.workload.Key;
import java.io.IOException;

/** One thread's lookups in a {@link Peer}. Not for use by several threads. */
public interface Reader extends AutoCloseable {

  /**
   * Looks the key's best entry up and reads the last byte of its payload where the store gives it:
   * in place if it can, else in the caller's memory, to which it has been copied.
   *
   * @return the byte, or -1 if there is no entry
   */
  int lastByte(Key key) throws IOException;

  /**
   * Looks the key's best entry up and copies its payload, which every caller does who goes on to
   * change it.
   *
   * @return the payload's length, or -1 if there is no entry
   */
  int copy(Key key, byte[] target) throws IOException;

  @Override
  void close() throws IOException;
}
