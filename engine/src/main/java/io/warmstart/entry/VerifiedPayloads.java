package io.warmstart.entry;

import io.warmstart.format.Digest256;
import io.warmstart.io.FileFacts;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Which payload versions this process has hashed already. A version is a file, by device, inode,
 * size and modification time, with the checksum that it was found to have.
 *
 * <p>A modification time that is as young as the file system's clock is coarse proves nothing yet:
 * another write in the same tick would leave it as it is. Such a version is hashed again next time.
 *
 * <p>Safe for all threads.
 */
public final class VerifiedPayloads {
  private static final int MOST = 1 << 16;
  private static final long RACY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private record Version(long size, long mtimeNanos, Digest256 checksum) {}

  private final ConcurrentHashMap<Object, Version> versions = new ConcurrentHashMap<>();

  /** Whether this very version has been found to have this checksum. */
  public boolean contains(FileFacts facts, Digest256 checksum) {
    Object identity = facts.identity();
    return identity != null
        && new Version(facts.size(), facts.mtimeNanos(), checksum).equals(versions.get(identity));
  }

  /** Remembers a version that has just been hashed. */
  public void add(FileFacts facts, Digest256 checksum, long nowUnixNanos) {
    Object identity = facts.identity();
    if (identity == null || nowUnixNanos - facts.mtimeNanos() < RACY_NANOS) {
      return;
    }
    if (versions.size() >= MOST) {
      versions.clear();
    }
    versions.put(identity, new Version(facts.size(), facts.mtimeNanos(), checksum));
  }
}
