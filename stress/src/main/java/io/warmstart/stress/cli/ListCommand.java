package io.warmstart.stress.cli;

import io.warmstart.stress.frame.Scenario;
import io.warmstart.stress.scenario.Scenarios;
import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Lists the scenarios. */
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    description = "Lists the scenarios, with what they run if nothing else is said.")
public final class ListCommand implements Runnable {
  @Spec private CommandSpec commandSpec;

  @Override
  public void run() {
    PrintWriter out = commandSpec.commandLine().getOut();
    for (Scenario each : Scenarios.all()) {
      out.printf(
          "%-15s %3d processes %5d s  %s%n",
          each.name(), each.defaultProcesses(), each.defaultSeconds(), each.summary());
    }
  }
}
