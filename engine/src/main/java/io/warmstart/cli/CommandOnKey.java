package io.warmstart.cli;

import io.warmstart.model.Fingerprint;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** A command on a key. */
abstract class CommandOnKey extends RootCommand {
  @Parameters(
      index = "1",
      paramLabel = "KEY",
      converter = Arguments.KeyArgument.class,
      description = "64 lowercase hex digits, or text:NAME.")
  KeyWord word;

  @Mixin NamespaceOption namespaced;

  CommandOnKey(Streams streams) {
    super(streams);
  }

  Fingerprint key() {
    return namespaced.key(word);
  }
}
