package io.warmstart.stress.scenario;

import io.warmstart.stress.frame.Run;
import io.warmstart.stress.frame.Scenario;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Two machines share a remote, and their processes die by SIGKILL at any moment: while they save,
 * while they send, and while they fetch. What the remote has acknowledged every machine finds.
 */
public final class RemoteKill implements Scenario {
  private static final Duration WAIT = Duration.ofSeconds(30);
  private static final int MOST_BETWEEN_MILLIS = 500;

  @Override
  public String name() {
    return "remote-kill";
  }

  @Override
  public String summary() {
    return "processes of two machines with one remote die while they save, send and fetch";
  }

  @Override
  public int defaultProcesses() {
    return 8;
  }

  @Override
  public List<String> volumes() {
    return List.of("processes killed");
  }

  @Override
  public void run(Run run) throws IOException, InterruptedException {
    run.atLeast("processes killed", Math.max(2, run.options().seconds() / 2));
    run.atLeast("saves acknowledged by the remote", 3L * run.options().seconds());
    run.atLeast("flushes acknowledged by the remote", 1);
    run.atLeast("lookups", 10L * run.options().seconds());
    RemoteRounds.run(
        run,
        WAIT,
        (fleet, place, deadline) -> {
          while (System.nanoTime() < deadline && !run.anyProblem()) {
            TimeUnit.MILLISECONDS.sleep(run.random().nextInt(MOST_BETWEEN_MILLIS));
            if (fleet.killOne()) {
              run.count("processes killed", 1);
            }
          }
          fleet.killAll();
        });
  }
}
