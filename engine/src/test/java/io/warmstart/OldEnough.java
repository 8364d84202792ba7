package io.warmstart;

import io.warmstart.io.NioFileOps;
import io.warmstart.io.RacyWindow;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.agrona.concurrent.SystemEpochNanoClock;

/** Waits until the change times of files prove that nothing has happened to them since. */
public final class OldEnough {
  private OldEnough() {}

  /** Waits until a file has not changed for so long. */
  static void awaitAge(Duration age, Path file) throws IOException {
    NioFileOps ops = new NioFileOps();
    Await.until(
        "it is old enough",
        () -> SystemEpochNanoClock.INSTANCE.nanoTime() - ops.changedNanos(file) >= age.toNanos());
  }

  public static void await(Path... files) throws IOException {
    NioFileOps ops = new NioFileOps();
    for (Path file : files) {
      Await.until(
          "it is old enough",
          () ->
              !RacyWindow.SAME_CLOCK.isRacy(
                  ops.changedNanos(file), SystemEpochNanoClock.INSTANCE.nanoTime()));
    }
  }
}
