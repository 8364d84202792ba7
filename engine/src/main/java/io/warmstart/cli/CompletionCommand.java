package io.warmstart.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.AutoComplete;
import picocli.CommandLine;
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
  private final Supplier<CommandLine> all;

  CompletionCommand(Streams streams, Supplier<CommandLine> all) {
    this.streams = streams;
    this.all = all;
  }

  @Override
  public Integer call() throws IOException {
    String script = AutoComplete.bash("warmstart", all.get());
    streams.out().write(script.getBytes(streams.charset()));
    streams.out().flush();
    return ExitCodes.DONE;
  }
}
