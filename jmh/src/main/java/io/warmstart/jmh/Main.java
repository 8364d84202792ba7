package io.warmstart.jmh;

import io.warmstart.jmh.run.BucketCommand;
import io.warmstart.jmh.run.CompareCommand;
import io.warmstart.jmh.run.ReportCommand;
import io.warmstart.jmh.run.Selection;
import io.warmstart.jmh.run.SuiteCommand;
import java.io.IOException;
import java.util.Arrays;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import picocli.CommandLine;

/**
 * {@code suite}, {@code compare}, {@code bucket} and {@code report}; anything else is JMH's own
 * command line, {@code -h} for its help, with two defaults of ours: the forked JVMs get the flags
 * that the stores need, and a benchmark that fails ends the run.
 */
public final class Main {
  private Main() {}

  /** Runs a command, or JMH. */
  public static void main(String[] args) throws IOException {
    String command = args.length == 0 ? "" : args[0];
    String[] rest = Arrays.copyOfRange(args, Math.min(1, args.length), args.length);
    switch (command) {
      case "suite" -> System.exit(new CommandLine(new SuiteCommand()).execute(rest));
      case "compare" -> System.exit(new CommandLine(new CompareCommand()).execute(rest));
      case "bucket" -> System.exit(new CommandLine(new BucketCommand()).execute(rest));
      case "report" -> System.exit(new CommandLine(new ReportCommand()).execute(rest));
      default -> runJmh(args);
    }
  }

  private static void runJmh(String[] args) throws IOException {
    try {
      CommandLineOptions options = new CommandLineOptions(args);
      if (options.shouldHelp()
          || options.shouldList()
          || options.shouldListWithParams()
          || options.shouldListProfilers()
          || options.shouldListResultFormats()) {
        org.openjdk.jmh.Main.main(args);
      } else {
        new Selection(options).run();
      }
    } catch (CommandLineOptionException | RunnerException e) {
      System.err.println("ERROR: " + e.getMessage());
      System.exit(1);
    }
  }
}
