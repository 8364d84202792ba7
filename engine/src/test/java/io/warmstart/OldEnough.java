package io.warmstart;

import io.warmstart.io.NioFileOps;
import io.warmstart.io.RacyWindow;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.SystemEpochNanoClock;

/** Waits until the change times of files prove that nothing has happened to them since. */
final class OldEnough {
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private OldEnough() {}

  /** Waits until a file has not changed for so long. */
  static void awaitAge(Duration age, Path file) throws IOException {
    NioFileOps ops = new NioFileOps();
    while (SystemEpochNanoClock.INSTANCE.nanoTime() - ops.changedNanos(file) < age.toNanos()) {
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  static void await(Path... files) throws IOException {
    NioFileOps ops = new NioFileOps();
    for (Path file : files) {
      while (RacyWindow.SAME_CLOCK.isRacy(
          ops.changedNanos(file), SystemEpochNanoClock.INSTANCE.nanoTime())) {
        LockSupport.parkNanos(POLL_NANOS);
      }
    }
  }
}
