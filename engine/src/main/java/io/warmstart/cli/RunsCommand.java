package io.warmstart.cli;

import io.warmstart.model.Fingerprint;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A command on a key, or on one of its entries. */
abstract class RunsCommand extends RootCommand {
  @Parameters(
      index = "1",
      paramLabel = "KEY",
      converter = Arguments.KeyArgument.class,
      description = "64 lowercase hex digits, or text:NAME.")
  Fingerprint key;

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
