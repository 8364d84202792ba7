package io.warmstart.stress.mount;

import io.warmstart.stress.fork.Tool;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Where something is mounted. */
final class MountPoint {
  private static final int ATTEMPTS = 40;
  private static final long RETRY_MILLIS = 50;

  private MountPoint() {}

  /** Unmounts what is there; what this process has mapped of it is let go first. */
  static void unmount(Path mountPoint) throws IOException, InterruptedException {
    for (int attempt = 0; ; attempt++) {
      Tool.Outcome outcome = Tool.attempt(List.of("umount", mountPoint.toString()));
      if (outcome.status() == 0) {
        return;
      }
      if (attempt == ATTEMPTS) {
        throw new IOException("umount " + mountPoint + ": " + outcome.output());
      }
      // Mappings go when their buffers are collected.
      System.gc();
      TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
    }
  }
}
