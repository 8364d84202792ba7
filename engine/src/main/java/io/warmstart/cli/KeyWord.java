package io.warmstart.cli;

import io.warmstart.model.Fingerprint;
import io.warmstart.model.Namespace;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * KEY, as it was given: which key it is depends on the namespace.
 *
 * @param digits the key; null if it was given as text
 * @param text the NAME of {@code text:NAME}; null if the key was given by its digits
 */
record KeyWord(@Nullable Fingerprint digits, @Nullable String text) {
  static KeyWord ofDigits(Fingerprint key) {
    return new KeyWord(key, null);
  }

  static KeyWord ofText(String name) {
    return new KeyWord(null, name);
  }

  /** Whether a namespace makes another key of it: digits are a key already. */
  boolean hasNamespace() {
    return text != null;
  }

  /**
   * The key.
   *
   * @param namespace null = none; without effect on digits
   */
  Fingerprint in(@Nullable Namespace namespace) {
    return text == null ? Objects.requireNonNull(digits) : Arguments.keyOfText(text, namespace);
  }
}
