package io.warmstart.stress;

import io.warmstart.model.StoreException;
import io.warmstart.stress.cli.ListCommand;
import io.warmstart.stress.cli.ScenarioCommand;
import io.warmstart.stress.cv.CvCommand;
import io.warmstart.stress.cv.WorkerCommand;
import io.warmstart.stress.cv.WorkerFailure;
import io.warmstart.stress.fault.FaultCommand;
import io.warmstart.stress.frame.Scenario;
import io.warmstart.stress.fuzz.FuzzCommand;
import io.warmstart.stress.power.CutCommand;
import io.warmstart.stress.scale.ScaleCommand;
import io.warmstart.stress.scale.ScaledCommand;
import io.warmstart.stress.scenario.Scenarios;
import io.warmstart.stress.syscall.CountedCommand;
import io.warmstart.stress.syscall.SyscallsCommand;
import io.warmstart.stress.volume.VolumesCommand;
import io.warmstart.stress.worker.BreedCommand;
import io.warmstart.stress.worker.ClaimCommand;
import io.warmstart.stress.worker.RemoteWorkCommand;
import io.warmstart.stress.worker.WorkCommand;
import java.io.IOException;
import java.io.UncheckedIOException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Entry point of the jobs that put the store under load. */
@Command(
    name = "warmstart-stress",
    mixinStandardHelpOptions = true,
    description = "Jobs that put a warm-start store under load.",
    subcommands = {
      CvCommand.class,
      ListCommand.class,
      WorkerCommand.class,
      WorkCommand.class,
      BreedCommand.class,
      ClaimCommand.class,
      RemoteWorkCommand.class,
      CutCommand.class,
      FaultCommand.class,
      FuzzCommand.class,
      SyscallsCommand.class,
      CountedCommand.class,
      VolumesCommand.class,
      ScaleCommand.class,
      ScaledCommand.class,
      HelpCommand.class
    })
public final class Main implements Runnable {
  private static final int WRONG_USE = 2;
  private static final int ERROR = 3;

  @Spec private CommandSpec commandSpec;

  /** Runs the command line and exits with its status. */
  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  /** The command line; a test gives it other streams. */
  public static CommandLine commandLine() {
    CommandLine line = new CommandLine(new Main());
    for (Scenario scenario : Scenarios.all()) {
      line.addSubcommand(scenario.name(), ScenarioCommand.of(scenario));
    }
    line.addSubcommand("all", ScenarioCommand.ofAll(Scenarios.all()));
    return line.setParameterExceptionHandler(
            (e, unused) -> complain(e.getCommandLine(), e, WRONG_USE))
        .setExecutionExceptionHandler((e, command, unused) -> complain(command, e, exitStatus(e)));
  }

  @Override
  public void run() {
    throw new ParameterException(
        commandSpec.commandLine(), "expected a command; --help lists them");
  }

  private static int exitStatus(Exception e) {
    return e instanceof IllegalArgumentException ? WRONG_USE : ERROR;
  }

  // One line for what a person can act on; a defect of the program itself keeps its stack trace.
  private static int complain(CommandLine line, Exception e, int status) {
    boolean expected =
        e instanceof ParameterException
            || e instanceof IllegalArgumentException
            || e instanceof StoreException
            || e instanceof IOException
            || e instanceof UncheckedIOException
            || e instanceof WorkerFailure;
    if (expected) {
      String message = String.valueOf(e.getMessage()).replaceAll("\\s+", " ");
      line.getErr().println(line.getCommandName() + ": " + message);
    } else {
      e.printStackTrace(line.getErr());
    }
    return status;
  }
}
