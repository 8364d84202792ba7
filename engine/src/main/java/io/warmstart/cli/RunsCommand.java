package io.warmstart.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A command on a key, or on one of its entries. */
abstract class RunsCommand extends CommandOnKey {
  @Option(
      order = 1,
      names = "--run-id",
      paramLabel = "ID",
      converter = Arguments.RunIdArgument.class,
      description = "Only this one; ls tells which there are.")
  @Nullable String runId;

  RunsCommand(Streams streams) {
    super(streams);
  }
}
