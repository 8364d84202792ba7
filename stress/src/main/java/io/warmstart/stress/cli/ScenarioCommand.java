package io.warmstart.stress.cli;

import io.warmstart.stress.frame.Scenario;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Runs one scenario, or all of them. */
@Command(mixinStandardHelpOptions = true, sortOptions = false)
public final class ScenarioCommand implements Callable<Integer> {
  private final List<Scenario> scenarios;

  @Mixin private RunFlags flags = new RunFlags();
  @Spec private CommandSpec commandSpec;

  private ScenarioCommand(List<Scenario> scenarios) {
    this.scenarios = scenarios;
  }

  /** The command of one scenario. */
  public static CommandLine of(Scenario scenario) {
    CommandLine line = new CommandLine(new ScenarioCommand(List.of(scenario)));
    line.getCommandSpec()
        .usageMessage()
        .description(
            "Scenario: " + scenario.summary() + ".",
            "Unless told otherwise, %d processes for %d seconds."
                .formatted(scenario.defaultProcesses(), scenario.defaultSeconds()),
            scenario.volumes().isEmpty()
                ? "It takes no --at-least."
                : "What --at-least is about: " + String.join(", ", scenario.volumes()) + ".",
            scenario.takesDurability() ? "It takes --durability." : "It takes no --durability.",
            "Exit status: 0 passed, 1 something is wrong, 2 wrong use, 3 an error, 4 skipped.");
    return line;
  }

  /** The command that runs all in turn. */
  public static CommandLine ofAll(List<Scenario> scenarios) {
    CommandLine line = new CommandLine(new ScenarioCommand(scenarios));
    line.getCommandSpec()
        .usageMessage()
        .description(
            "Runs every scenario in turn.",
            "Exit status: 0 all passed or skipped, 1 something is wrong, 2 wrong use, 3 an error.");
    return line;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    return new Session(flags, commandSpec.commandLine().getOut()).run(scenarios);
  }
}
