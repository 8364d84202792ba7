package io.warmstart.pair;

import io.warmstart.io.FileFacts;
import io.warmstart.io.RacyWindow;
import io.warmstart.model.Digest256;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which payload versions this process has hashed already. A version is a file, by device, inode,
 * size and modification time, with the checksum that it was found to have.
 *
 * <p>A modification time that is too young proves nothing yet ({@link RacyWindow}): another write
 * in the same tick would leave it as it is. Such a version is hashed again next time.
 *
 * <p>Safe for all threads.
 */
public final class VerifiedPayloads {
  private static final int MOST = 1 << 16;

  private record Version(long size, long mtimeNanos, Digest256 checksum) {}

  private final RacyWindow racyWindow;
  private final ConcurrentHashMap<Object, Version> versions = new ConcurrentHashMap<>();

  public VerifiedPayloads(RacyWindow racyWindow) {
    this.racyWindow = racyWindow;
  }

  /** Whether this very version has been found to have this checksum. */
  public boolean contains(FileFacts facts, Digest256 checksum) {
    Object identity = facts.identity();
    return identity != null
        && new Version(facts.size(), facts.mtimeNanos(), checksum).equals(versions.get(identity));
  }

  /**
   * Remembers a version that has been hashed.
   *
   * @param readAtUnixNanos when the reading began
   */
  public void add(FileFacts facts, Digest256 checksum, long readAtUnixNanos) {
    Object identity = facts.identity();
    if (identity == null || racyWindow.isRacy(facts.mtimeNanos(), readAtUnixNanos)) {
      return;
    }
    if (versions.size() >= MOST) {
      versions.clear();
    }
    versions.put(identity, new Version(facts.size(), facts.mtimeNanos(), checksum));
  }
}
