package io.warmstart.stress.fault;

import io.warmstart.stress.frame.Trees;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * Makes each call of each operation fail in turn: the first, the second, and so on, until a run
 * passes in which there was no such call any more.
 */
@Command(name = FaultCommand.NAME, hidden = true, description = "The process whose calls fail.")
public final class FaultCommand implements Callable<Integer> {
  /** Its name on the command line. */
  public static final String NAME = "fail";

  /** What it says of each operation, errno and action: how many calls there were. */
  public static final String COVERED = "covered ";

  /** What it says of each call that was made to fail: the operation and the call. */
  public static final String POINT = "point ";

  /** What it says of each thing that must not be. */
  public static final String PROBLEM = "problem ";

  /** More than any operation makes: then it would never end. */
  private static final int MOST_CALLS = 4_000;

  private static final List<Action> ACTIONS = List.of(Action.FAIL_ONCE, Action.FAIL_FROM_THERE_ON);

  @Parameters(paramLabel = "PLAN")
  private String planJson;

  private int roots;

  @Override
  public Integer call() throws IOException {
    FaultPlan plan = FaultPlan.fromJson(planJson);
    Path directory = Path.of(plan.directory());
    FaultPoint faultPoint = FaultPoint.at(faultPointFile(directory));
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(plan.seconds());
    for (Target target : plan.targets()) {
      Map<String, Long> points = new TreeMap<>();
      for (Errno error : plan.errors()) {
        for (Action action : ACTIONS) {
          if (System.nanoTime() >= deadline) {
            return 0;
          }
          long calls = everyCall(directory, faultPoint, target, error, action, points);
          say(COVERED + target + " " + error + " " + action + " " + calls);
        }
      }
      points.forEach((call, count) -> say(POINT + target + " " + call + " " + count));
    }
    return 0;
  }

  private long everyCall(
      Path directory,
      FaultPoint faultPoint,
      Target target,
      Errno error,
      Action action,
      Map<String, Long> points)
      throws IOException {
    for (int at = 1; at < MOST_CALLS; at++) {
      Path root = directory.resolve("root-" + roots++);
      FaultTrial trial = new FaultTrial(target, root, faultPoint);
      boolean acted = trial.run(action, error, at);
      trial.closeStore();
      if (acted) {
        points.merge(faultPoint.actedCall().name(), 1L, Long::sum);
      }
      for (String problem : trial.problems()) {
        say(
            PROBLEM
                + "%s, %s %s at call %d (%s %s): %s"
                    .formatted(
                        target,
                        error,
                        action,
                        at,
                        acted ? faultPoint.actedCall() : "none",
                        acted ? root.relativize(Path.of(faultPoint.actedPath())) : "",
                        problem));
      }
      Trees.remove(root);
      if (!acted) {
        return at - 1L;
      }
    }
    say(PROBLEM + target + " makes more than " + MOST_CALLS + " calls");
    return MOST_CALLS;
  }

  /** The fault point that its starter passes to its shim. */
  public static Path faultPointFile(Path directory) {
    return directory.resolve("fault-point");
  }

  private static void say(String line) {
    System.out.println(line);
  }
}
