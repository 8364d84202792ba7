package io.warmstart.io;

import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Reads again what another machine has replaced under the reader.
 *
 * <p>A client of a network file system goes by names and open files for a while that another
 * machine has replaced: then a read fails with ESTALE, ENOENT or EBADF. That says that the entry
 * changed under the look, and nothing about the entry. So the step is run again from its beginning,
 * where it opens the file by its name: at once, and then after waits that double from 1 to 100 ms.
 *
 * <p>It goes on so for 5 s. GlusterFS caches names for 1 s; a kernel's NFS client caches attributes
 * for up to 60 s, but asks the server for each file that it opens, and looks a name up again once
 * the server has called it stale. Only what fails for longer is an error. It is then one for a
 * minute: a server that is gone for good costs the next steps 100 ms each, and not 5 s.
 *
 * <p>Safe for all threads.
 */
public final class Rereads {
  /** Of a root that this machine alone writes to: the kernel never says such a thing there. */
  public static final Rereads LOCAL = new Rereads(false, 0, 0);

  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long SHORT_PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long HOPELESS_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final long FIRST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long LONGEST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final boolean shared;
  private final long patienceNanos;
  private final long shortPatienceNanos;

  // Monotonic.
  private volatile long hopelessUntilNanos = System.nanoTime();

  private Rereads(boolean shared, long patienceNanos, long shortPatienceNanos) {
    this.shared = shared;
    this.patienceNanos = patienceNanos;
    this.shortPatienceNanos = shortPatienceNanos;
  }

  /** Those of a root that other machines may write to. */
  public static Rereads besideOtherMachines() {
    return new Rereads(true, PATIENCE_NANOS, SHORT_PATIENCE_NANOS);
  }

  /** The same with less patience. */
  static Rereads besideOtherMachines(long patienceNanos, long shortPatienceNanos) {
    return new Rereads(true, patienceNanos, shortPatienceNanos);
  }

  /** Whether other machines may write to the root. */
  public boolean shared() {
    return shared;
  }

  /** Whether a failure says that another machine has replaced what was being read. */
  public boolean isReplaced(IOException failure) {
    return shared && IoFailure.mayBeReplaced(failure);
  }

  /** Runs a step as {@link Uninterrupted#call}, and again while its file is being replaced. */
  public <T extends @Nullable Object> T call(Uninterrupted.Step<T> step) throws IOException {
    try {
      return Uninterrupted.call(step);
    } catch (IOException e) {
      if (!isReplaced(e)) {
        throw e;
      }
      return again(step);
    }
  }

  private <T extends @Nullable Object> T again(Uninterrupted.Step<T> step) throws IOException {
    long began = System.nanoTime();
    long patience = hopelessUntilNanos - began > 0 ? shortPatienceNanos : patienceNanos;
    for (long wait = 0;
        ;
        wait = Math.min(LONGEST_WAIT_NANOS, Math.max(FIRST_WAIT_NANOS, 2 * wait))) {
      pause(wait);
      try {
        return Uninterrupted.call(step);
      } catch (IOException e) {
        if (!isReplaced(e)) {
          throw e;
        }
        if (System.nanoTime() - began >= patience) {
          hopelessUntilNanos = System.nanoTime() + HOPELESS_NANOS;
          throw e;
        }
      }
    }
  }

  /** Waits for so long, whatever interrupts the thread meanwhile; its status stays. */
  public static void pause(long nanos) {
    long deadline = System.nanoTime() + nanos;
    boolean interrupted = false;
    for (long left = nanos; left > 0; left = deadline - System.nanoTime()) {
      interrupted |= Thread.interrupted();
      LockSupport.parkNanos(left);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
