package io.warmstart.cli;

import io.warmstart.model.Fingerprint;
import io.warmstart.model.Fingerprinter;
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
  /** What follows {@code text:} is absorbed under this tag, so that every tool makes one key. */
  private static final String TEXT_TAG = "test";

  static KeyWord ofDigits(Fingerprint key) {
    return new KeyWord(key, null);
  }

  /**
   * The word of a name.
   *
   * @param name of whole characters
   */
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
    if (text == null) {
      return Objects.requireNonNull(digits);
    }
    Fingerprinter start = namespace == null ? new Fingerprinter() : namespace.fingerprinter();
    return start.absorbString(TEXT_TAG, text).finish();
  }
}
