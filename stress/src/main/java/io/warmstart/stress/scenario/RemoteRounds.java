package io.warmstart.stress.scenario;

import io.warmstart.stress.frame.Run;
import io.warmstart.stress.frame.SkippedException;
import io.warmstart.stress.remote.BucketPlace;
import io.warmstart.stress.remote.DirectoryPlace;
import io.warmstart.stress.remote.RemotePlace;
import io.warmstart.stress.worker.RemoteFleet;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Rounds of two machines with one remote: in a directory, and in a bucket where there is a server.
 */
final class RemoteRounds {
  private RemoteRounds() {}

  /** What happens while they work. */
  interface Events {
    /** Does it until there is no time left, and has all processes end. */
    void happen(RemoteFleet fleet, RemotePlace place, long deadlineNanos)
        throws IOException, InterruptedException;
  }

  /**
   * Runs rounds until the time is up.
   *
   * @param wait for how long a process waits for the remote
   */
  static void run(Run run, Duration wait, Events events) throws IOException, InterruptedException {
    boolean bucket = hasBucket(run);
    long nanos = TimeUnit.SECONDS.toNanos(run.options().seconds()) / (bucket ? 2 : 1);
    do {
      Path directory = run.freshDirectory("remote");
      try (RemotePlace place = new DirectoryPlace(directory)) {
        round(run, directory, place, wait, nanos, events);
      }
      if (bucket && !run.anyProblem()) {
        try (RemotePlace place = new BucketPlace()) {
          round(run, run.freshDirectory("remote"), place, wait, nanos, events);
        }
      }
    } while (run.timeLeft() && !run.anyProblem());
  }

  static boolean hasBucket(Run run) throws IOException {
    try {
      new BucketPlace().close();
      return true;
    } catch (SkippedException e) {
      run.skip("a remote in a bucket", String.valueOf(e.getMessage()));
      return false;
    }
  }

  private static void round(
      Run run, Path directory, RemotePlace place, Duration wait, long nanos, Events events)
      throws IOException, InterruptedException {
    int savers;
    try (RemoteFleet fleet = new RemoteFleet(run, directory, place.url(), wait)) {
      savers = fleet.savers();
      while (!fleet.allAtWork() && !run.anyProblem()) {
        TimeUnit.MILLISECONDS.sleep(20);
      }
      events.happen(fleet, place, System.nanoTime() + nanos);
    }
    run.count("rounds on " + place.kind(), 1);
    if (!run.anyProblem()) {
      new RemoteEnd(run, directory, place.url(), savers).check();
    }
  }
}
