package io.warmstart.stress.scenario;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.warmstart.stress.Main;
import io.warmstart.stress.fork.JavaCommand;
import io.warmstart.stress.fork.Tool;
import io.warmstart.stress.frame.Run;
import io.warmstart.stress.frame.Scenario;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The cross-validation job, its workers killed, again and again on one root; its results must be
 * those of an undisturbed run to the last bit.
 */
public final class ParallelCv implements Scenario {
  private static final List<String> PROBLEM =
      List.of("--rows", "200", "--folds", "2", "--penalties", "4");

  @Override
  public String name() {
    return "parallel-cv";
  }

  @Override
  public String summary() {
    return "the cross-validation job with kills, against an undisturbed run";
  }

  @Override
  public int defaultProcesses() {
    return 2;
  }

  @Override
  public void run(Run run) throws IOException, InterruptedException {
    run.atLeast("disturbed jobs", 1);
    run.atLeast("workers killed", 1);
    run.atLeast("results compared", 12);
    Path directory = run.freshDirectory("jobs");
    job(run, directory.resolve("undisturbed"), List.of());
    Path reference = directory.resolve("undisturbed.results.json");
    do {
      JsonNode report =
          job(
              run,
              directory.resolve("disturbed"),
              List.of(
                  "--fresh",
                  "--kill",
                  "2",
                  "--kill-seed",
                  Long.toString(run.random().nextLong()),
                  "--reference",
                  reference.toString()));
      run.count("disturbed jobs", 1);
      run.count("workers killed", report.at("/deaths").size());
      run.count("results compared", report.at("/comparison/agreeing").asLong());
      run.trials(report.at("/comparison/agreeing").asLong(), 0);
    } while (run.timeLeft() && !run.anyProblem());
  }

  private static JsonNode job(Run run, Path root, List<String> more)
      throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(List.of("cv", "--json", "--root", root.toString()));
    arguments.addAll(PROBLEM);
    arguments.addAll(List.of("--workers", Integer.toString(run.options().processes())));
    arguments.addAll(more);
    Tool.Outcome outcome = Tool.attempt(JavaCommand.of(Main.class, arguments));
    if (outcome.status() != 0) {
      run.problem("cv %s: status %d: %s".formatted(more, outcome.status(), outcome.output()));
    }
    int json = outcome.output().indexOf('{');
    return new JsonMapper().readTree(json < 0 ? "{}" : outcome.output().substring(json));
  }
}
