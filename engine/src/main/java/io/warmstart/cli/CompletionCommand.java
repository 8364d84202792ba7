package io.warmstart.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Prints what has a shell complete the commands and their options. */
@Command(
    name = "completion",
    header = "Prints a script that completes commands and options in bash and zsh.",
    description = "%nFor an alias or a launcher of the name warmstart.%n",
    footer = {"%nExamples:", "  source <(warmstart completion)"})
final class CompletionCommand implements Callable<Integer> {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  private final Streams streams;

  CompletionCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    String script = AutoComplete.bash("warmstart", Main.withAllCommands(streams));
    streams.out().write(script.getBytes(streams.charset()));
    streams.out().flush();
    return ExitCodes.DONE;
  }
}
