package io.warmstart.process;

import io.warmstart.runtime.EngineLog;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import org.jspecify.annotations.Nullable;

/**
 * Whether the byte that this process holds for life is locked still.
 *
 * <p>The kernel drops all locks of a process on a file when the process closes any descriptor of
 * it, and says nothing: the JDK takes the lock for valid, and another process for free. Nor can a
 * process ask with {@code fcntl}, which shows only the locks of others. So it is looked up where
 * the kernel lists the locks of each descriptor, {@code /proc/self/fdinfo}, which needs neither
 * rights nor the names of other processes and shows the same in every container. Where there is
 * none, a lost lock is not noticed, which is said each time that a row is taken.
 *
 * <p>For one thread at a time.
 */
public final class LockProof {
  private @Nullable String descriptor;
  private long position;

  /** Finds the descriptor through which a byte has just been locked. */
  public void find(LockFile file, long lockedPosition) {
    descriptor = null;
    position = lockedPosition;
    String identity = file.identity();
    if (identity == null) {
      return;
    }
    try {
      for (String each : OpenDescriptors.ofLockFile(identity)) {
        if (OpenDescriptors.holdsLock(each, lockedPosition)) {
          descriptor = each;
          return;
        }
      }
    } catch (IOException | RuntimeException e) {
      // Said below.
    }
    EngineLog.info(
        "the kernel does not list this process's locks in /proc/self/fdinfo: should something close"
            + " another descriptor of the file, it would not be noticed: file="
            + file.path());
  }

  /** Whether it is certain that the lock is gone. */
  public boolean isLost() {
    String number = descriptor;
    if (number == null) {
      return false;
    }
    try {
      return !OpenDescriptors.holdsLock(number, position);
    } catch (NoSuchFileException e) {
      // Somebody has closed the very descriptor, by its number.
      return true;
    } catch (IOException | RuntimeException e) {
      // No descriptors left to read it with: the next heartbeat asks again.
      return false;
    }
  }
}
