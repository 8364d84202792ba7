package io.warmstart.cli;

import io.warmstart.model.Fingerprint;
import io.warmstart.model.Namespace;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The namespace of the keys that a command is given; in its help it comes after its own options.
 */
final class NamespaceOption {
  @Option(
      order = 100,
      names = "--namespace",
      paramLabel = "NAME",
      converter = Arguments.NamespaceArgument.class,
      description = "What makes another key of text:NAME, as team/digits does. Default: none.")
  @Nullable Namespace namespace;

  @Spec(Spec.Target.MIXEE)
  CommandSpec command;

  /** The key in the namespace, if one was named. */
  Fingerprint key(KeyWord word) {
    return key(word, "--namespace", namespace);
  }

  List<Fingerprint> keys(List<KeyWord> words) {
    return words.stream().map(this::key).toList();
  }

  /**
   * The key in another namespace.
   *
   * @param option that named it
   */
  Fingerprint key(KeyWord word, String option, @Nullable Namespace other) {
    if (other != null && !word.hasNamespace()) {
      throw new ParameterException(
          command.commandLine(),
          "KEY: expected=text:NAME with " + option + " actual=digits, which are a key already");
    }
    return word.in(other);
  }
}
