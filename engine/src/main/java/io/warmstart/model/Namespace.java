package io.warmstart.model;

import io.warmstart.text.Excerpt;
import java.util.regex.Pattern;

/**
 * A part of a root's keys: those that were made by a {@link #fingerprinter} of it. The same steps
 * make another key in each namespace, so that teams, branches or attempts share a root and its
 * budget without finding each other's entries, unless they look there: see {@code
 * SessionOptions.withSeeds}.
 *
 * <p>It is a part of what is hashed and of nothing else: a store knows keys alone, and a key does
 * not tell its namespace. To see it listed, label the key with {@link #LABEL}, as the command line
 * does.
 *
 * <p><b>Threads:</b> immutable, safe for all.
 *
 * @param name 1 to 128 of {@code A-Z a-z 0-9 . _ - /}; each part between slashes begins with a
 *     letter or digit
 */
public record Namespace(String name) {
  /** The name of the label that tells people a key's namespace; its value is {@link #name}. */
  public static final String LABEL = "namespace";

  /** The tag that the keys of namespaces begin with, and by agreement no others. */
  private static final String TAG = "warmstart.namespace";

  private static final int MOST_CHARACTERS = 128;
  private static final String PART = "[A-Za-z0-9][A-Za-z0-9._-]*";
  private static final Pattern NAME = Pattern.compile(PART + "(/" + PART + ")*");

  /**
   * The namespace of a name.
   *
   * @param name of it
   * @throws IllegalArgumentException if it cannot be one; the message shows it
   */
  public Namespace {
    if (name.length() > MOST_CHARACTERS || !NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "namespace is not usable: expected=1 to "
              + MOST_CHARACTERS
              + " of "
              + NAME
              + " actual="
              + Excerpt.of(name));
    }
  }

  /**
   * {@return a fingerprinter that has absorbed this namespace, as a string with a tag of its own}
   * Steps are framed, so no steps of another namespace make a key of this one, nor do any without a
   * namespace, unless they absorb {@code warmstart.namespace} first, or {@code write} the same
   * bytes.
   */
  public Fingerprinter fingerprinter() {
    return new Fingerprinter().absorbString(TAG, name);
  }

  /** Returns the name. */
  @Override
  public String toString() {
    return name;
  }
}
