package io.warmstart.cli;

import io.warmstart.model.Fingerprint;
import picocli.CommandLine.Parameters;

/** A command on a key. */
abstract class CommandOnKey extends RootCommand {
  @Parameters(
      index = "1",
      paramLabel = "KEY",
      converter = Arguments.KeyArgument.class,
      description = "64 lowercase hex digits, or text:NAME.")
  Fingerprint key;

  CommandOnKey(Streams streams) {
    super(streams);
  }
}
