package io.warmstart.stress.scenario;

import io.warmstart.stress.fault.Errno;
import io.warmstart.stress.fault.FaultCommand;
import io.warmstart.stress.fault.FaultPlan;
import io.warmstart.stress.fault.FaultPoint;
import io.warmstart.stress.fault.Shim;
import io.warmstart.stress.fault.Target;
import io.warmstart.stress.fork.Lines;
import io.warmstart.stress.frame.Run;
import io.warmstart.stress.frame.Scenario;
import io.warmstart.stress.worker.Launch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Every system call below the root fails, with every errno, once and from there on, in every
 * operation, and in the recovery from an overwrite that another fault has cut off.
 *
 * <p>A run of less than a minute takes one errno, by the seed, and ends when its time is up; any
 * other tries them all.
 */
public final class Faults implements Scenario {
  private static final List<Errno> ERRORS = List.of(Errno.values());
  private static final long MOST_SECONDS = 3_600;
  private static final int SECONDS_FOR_ALL = 60;

  @Override
  public String name() {
    return "faults";
  }

  @Override
  public String summary() {
    return "every system call fails in every operation, once and for good";
  }

  @Override
  public int defaultProcesses() {
    return 1;
  }

  @Override
  public int defaultSeconds() {
    return 600;
  }

  @Override
  public void run(Run run) throws IOException, InterruptedException {
    Path directory = run.freshDirectory("faults");
    Path shim = Shim.build(directory);
    boolean all = run.options().seconds() >= SECONDS_FOR_ALL;
    List<Errno> errors = all ? ERRORS : List.of(ERRORS.get(run.random().nextInt(ERRORS.size())));
    List<Target> targets = new ArrayList<>(List.of(Target.values()));
    if (!all) {
      // So that short runs, which may not come to an end, do not always leave out the same.
      for (int i = run.random().nextInt(targets.size()); i > 0; i--) {
        targets.add(targets.remove(0));
      }
    }
    // Half a matrix proves little: on a slow disk a whole one takes as long as it takes.
    long seconds = all ? MOST_SECONDS : run.options().seconds();
    FaultPlan plan = new FaultPlan(directory.toString(), targets, errors, seconds);
    run.atLeast("calls made to fail", all ? 2_000 : 20);
    if (all) {
      run.atLeast(
          "combinations of operation, errno and persistence", 2L * errors.size() * targets.size());
    }
    FaultPoint point = FaultPoint.at(FaultCommand.faultPointFile(directory));
    List<String> unexpected = new ArrayList<>();
    int status =
        Lines.of(
            Launch.PLAIN
                .withEnvironment(point.environment(shim))
                .process(List.of(FaultCommand.NAME, plan.toJson())),
            line -> hear(run, line, unexpected));
    if (status != 0) {
      run.problem("the process whose calls fail ended with status " + status + ": " + unexpected);
    }
    run.trials(run.counted("calls made to fail"), 0);
  }

  private static void hear(Run run, String line, List<String> unexpected) {
    List<String> words = List.of(line.split(" ", -1));
    if (line.startsWith(FaultCommand.COVERED)) {
      run.count("combinations of operation, errno and persistence", 1);
      run.count("calls made to fail", Long.parseLong(words.get(4)));
      run.count("calls made to fail in " + words.get(1), Long.parseLong(words.get(4)));
    } else if (line.startsWith(FaultCommand.POINT)) {
      run.count(
          "failures of " + words.get(2).toLowerCase(Locale.ROOT), Long.parseLong(words.get(3)));
    } else if (line.startsWith(FaultCommand.PROBLEM)) {
      run.problem(line.substring(FaultCommand.PROBLEM.length()));
    } else if (unexpected.size() < 5) {
      unexpected.add(line);
    }
  }
}
