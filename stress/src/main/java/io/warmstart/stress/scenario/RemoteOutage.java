package io.warmstart.stress.scenario;

import io.warmstart.stress.frame.Run;
import io.warmstart.stress.frame.Scenario;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Two machines share a remote that goes away and comes back. No save and no lookup fails by that,
 * and what was acknowledged while it was away is there afterwards.
 */
public final class RemoteOutage implements Scenario {
  private static final Duration WAIT = Duration.ofSeconds(1);
  private static final int LEAST_MILLIS = 500;
  private static final int MOST_MILLIS = 3000;

  @Override
  public String name() {
    return "remote-outage";
  }

  @Override
  public String summary() {
    return "a remote of two machines goes away and comes back; nothing fails, nothing is lost";
  }

  @Override
  public int defaultProcesses() {
    return 8;
  }

  @Override
  public List<String> volumes() {
    return List.of("outages");
  }

  @Override
  public void run(Run run) throws IOException, InterruptedException {
    run.atLeast("outages", Math.max(1, run.options().seconds() / 10));
    run.atLeast("saves acknowledged here only", Math.max(1, run.options().seconds() / 2));
    run.atLeast("saves acknowledged by the remote", 1);
    run.atLeast("saves while it was away", Math.max(1, run.options().seconds() / 2));
    run.atLeast("lookups", 10L * run.options().seconds());
    RemoteRounds.run(
        run,
        WAIT,
        (fleet, place, deadline) -> {
          do {
            pause(run);
            place.takeAway();
            long saves = run.counted("saves");
            pause(run);
            run.count("saves while it was away", run.counted("saves") - saves);
            place.bringBack();
            run.count("outages", 1);
          } while (System.nanoTime() < deadline && !run.anyProblem());
          // Some have just noticed that it is there, and some have not: both must end.
          fleet.end();
        });
  }

  private static void pause(Run run) throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(LEAST_MILLIS + run.random().nextInt(MOST_MILLIS - LEAST_MILLIS));
  }
}
