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
      description =
          "The namespace of text:NAME, such as team/digits: each namespace has keys of its own."
              + " Default: none.")
  @Nullable Namespace namespace;

  @Spec(Spec.Target.MIXEE)
  CommandSpec command;

  /** The key in the namespace, if one was named. */
  Fingerprint key(KeyWord word) {
    return key(word, "--namespace", namespace);
  }

  /** The same of several, where none means all. */
  List<Fingerprint> keys(List<KeyWord> words) {
    if (namespace != null && words.isEmpty()) {
      // A key tells no namespace: it would be all of the root.
      throw new ParameterException(
          command.commandLine(), "--namespace: expected=with a key actual=without one");
    }
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
