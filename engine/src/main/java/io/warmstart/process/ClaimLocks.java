package io.warmstart.process;

import io.warmstart.model.Digest256;
import java.io.IOException;
import java.nio.channels.FileLock;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The keys that this process has claimed: a byte of the lock file for each.
 *
 * <p>When the lock file is lost, or something in the process has the kernel drop its locks, the
 * claims go with them. Each heartbeat takes back those that nobody else has taken meanwhile.
 *
 * <p>For one thread at a time: under the monitor of {@link ProcessTable}.
 */
public final class ClaimLocks {
  private final LockFile locks;
  private final LockNotices notices;
  private final List<Held> held = new ArrayList<>();

  /** A key that was claimed. Safe for all threads. */
  public static final class Held {
    private final Digest256 key;
    private volatile @Nullable FileLock lock;

    private Held(Digest256 key) {
      this.key = key;
    }

    /** Whether others are kept out, as far as this process knows. */
    public boolean isHeld() {
      FileLock granted = lock;
      return granted != null && granted.isValid();
    }
  }

  ClaimLocks(LockFile locks, LockNotices notices) {
    this.locks = locks;
    this.notices = notices;
  }

  /**
   * Claims a key.
   *
   * @return null if it is claimed, by another process or in this one
   * @throws IOException if the lock file is not there, or the kernel has no locks to give
   */
  @Nullable Held tryTake(Digest256 key) throws IOException {
    // Noted before it is granted: after that nothing may need memory, or the byte would stay locked
    // for the life of the process.
    Held taken = new Held(key);
    held.add(taken);
    boolean kept = false;
    try {
      taken.lock = locks.tryLock(LockFile.claimByte(key));
      if (taken.lock == null) {
        return null;
      }
      // After it was granted: before, the file may have been replaced in between.
      if (!locks.isCurrent()) {
        throw new IOException("the lock file was replaced: " + locks.path());
      }
      kept = true;
      return taken;
    } finally {
      if (!kept) {
        release(taken);
      }
    }
  }

  /** Gives a claim back. */
  void release(Held taken) {
    held.remove(taken);
    FileLock granted = taken.lock;
    if (granted != null) {
      locks.release(granted);
    }
  }

  /** Takes back what has gone with the lock file; what others have by now is theirs. */
  void keep() {
    for (Iterator<Held> each = held.iterator(); each.hasNext(); ) {
      Held dropped = each.next();
      if (!dropped.isHeld() && !isTakenBack(dropped)) {
        each.remove();
        notices.claimLost(dropped.key);
      }
    }
  }

  /** False if another has it; as long as there are no locks, nobody has. */
  private boolean isTakenBack(Held dropped) {
    try {
      FileLock again = locks.tryLock(LockFile.claimByte(dropped.key));
      if (again == null) {
        return false;
      }
      dropped.lock = again;
    } catch (IOException e) {
      // The next heartbeat tries again.
    }
    return true;
  }
}
