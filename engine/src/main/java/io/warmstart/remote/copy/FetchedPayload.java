package io.warmstart.remote.copy;

import io.warmstart.payload.PayloadMemory;

/**
 * What has come of a payload, until it is proven to be what its manifest says. What fails of it
 * fails here, and not in the remote. For one thread at a time.
 */
interface FetchedPayload extends AutoCloseable {
  /** Takes more of the payload; of what is longer than it may be only the length. */
  void add(byte[] piece, int count) throws LocalException;

  /** How much has come. */
  long length();

  /** What has come, with its checksum; for the caller to release. */
  PayloadMemory.Loaded load() throws LocalException;

  /** Lets it go; what was loaded stays. */
  @Override
  void close() throws LocalException;
}
