package io.warmstart.jmh;

import io.warmstart.jmh.run.Selection;
import java.io.IOException;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;

/**
 * JMH's own command line, {@code -h} for its help, with two defaults of ours: the forked JVMs get
 * the flags that the stores need, and a benchmark that fails ends the run.
 */
public final class Main {
  private Main() {}

  /** Runs JMH. */
  public static void main(String[] args) throws IOException {
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
