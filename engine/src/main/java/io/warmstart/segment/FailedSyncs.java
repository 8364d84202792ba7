package io.warmstart.segment;

import io.warmstart.io.FileFacts;
import io.warmstart.io.FileOps.SyncHandle;
import java.io.IOException;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Of which segments a sync has failed in this process. The kernel has marked their pages clean: the
 * next sync would succeed, and what they hold may be lost all the same.
 *
 * <p>What is known of a file is there before it is synced: to note a failure needs no memory. Safe
 * for all threads.
 */
final class FailedSyncs {
  private final ConcurrentHashMap<Integer, SyncedFile> byNumber = new ConcurrentHashMap<>();

  /** A segment's file, which is synced. */
  static final class SyncedFile {
    private final FileFacts identity;
    private volatile boolean failed;

    // Under the monitor.
    private @Nullable SyncHandle open;
    private boolean forgotten;

    private SyncedFile(FileFacts identity) {
      this.identity = identity;
    }

    /** Whether a sync of it has failed. */
    boolean failed() {
      return failed;
    }

    /** A sync of it has failed. Told by its owner, who keeps it open. */
    void fail() {
      failed = true;
    }

    /**
     * The same, told by another than its owner.
     *
     * @return whether it is kept open by this descriptor: while it is, no other gets its inode
     */
    synchronized boolean failKeepingOpen(SyncHandle handle) {
      failed = true;
      if (forgotten || open != null) {
        return false;
      }
      open = handle;
      return true;
    }

    private synchronized void forget() {
      forgotten = true;
      if (open != null) {
        try {
          open.close();
        } catch (IOException e) {
          // Of a file that nobody needs.
        }
        open = null;
      }
    }
  }

  /** What is known of a file; of what had its number before nothing is needed any more. */
  SyncedFile of(int number, FileFacts identity) {
    return byNumber.compute(
        number,
        (any, known) -> {
          if (known != null && known.identity.sameFileAs(identity)) {
            return known;
          }
          SyncedFile made = new SyncedFile(identity);
          if (known != null) {
            known.forget();
          }
          return made;
        });
  }

  /** The number is another segment's by now, or nobody's. */
  void forget(int number) {
    SyncedFile known = byNumber.remove(number);
    if (known != null) {
      known.forget();
    }
  }
}
