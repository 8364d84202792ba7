package io.warmstart.io;

import io.warmstart.io.FileOps.DirectoryHandle;
import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;

/**
 * The syncs of a descriptor that several saves share. The kernel tells of what it could not write
 * once: to one of those that sync at that time, while the others succeed. So a sync has failed for
 * all whose names were made before it had.
 *
 * <p>Safe for all threads.
 */
public final class SharedSyncs {
  // Under the monitor.
  private final List<Long> underWay = new ArrayList<>();
  private long begun;
  private long failures;

  /** Makes one of which none has failed. */
  public SharedSyncs() {}

  /** How many have failed; to be asked before the names are made. */
  public synchronized long failures() {
    return failures;
  }

  /**
   * Syncs.
   *
   * @param failuresBefore {@link #failures} before the names were made
   * @throws IOException if that fails, or that of another save has failed since
   */
  public void sync(DirectoryHandle handle, long failuresBefore) throws IOException {
    Long number = begin();
    // Until it has succeeded: for what the kernel tells there may be no memory left.
    boolean failed = true;
    try {
      handle.sync();
      failed = false;
    } catch (ClosedChannelException e) {
      // Nothing was said of what was written.
      failed = false;
      throw e;
    } finally {
      end(number, failed);
    }
    requireNoneFailed(failuresBefore);
  }

  /**
   * For who has synced through another descriptor, to which the kernel tells nothing of it.
   *
   * @param failuresBefore {@link #failures} before the names were made
   * @throws IOException if that of another save has failed since
   */
  public void requireNoneFailed(long failuresBefore) throws IOException {
    if (failuresOfAllBegun() != failuresBefore) {
      throw new IOException("the sync of another save, perhaps to the same directory, has failed");
    }
  }

  /** Of what makes the same names durable a sync elsewhere has failed. */
  public synchronized void haveFailed() {
    failures++;
  }

  private synchronized Long begin() {
    Long number = begun + 1;
    underWay.add(number);
    begun = number;
    return number;
  }

  /** Needs no memory: others wait for it. */
  private synchronized void end(Long number, boolean failed) {
    underWay.remove(number);
    failures += failed ? 1 : 0;
    notifyAll();
  }

  /** How many have failed once all have ended that are under way now: one may have been told. */
  private synchronized long failuresOfAllBegun() {
    long until = begun;
    return Uninterrupted.await(
        () -> {
          while (!underWay.isEmpty() && underWay.get(0) <= until) {
            wait();
          }
          return failures;
        });
  }
}
