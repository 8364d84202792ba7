package io.warmstart.format;

import io.warmstart.text.Excerpt;

/**
 * The rule for run ids.
 *
 * <p>A run id becomes a file name on disks that other programs use too. So it cannot leave its
 * directory, be hidden, or need quoting; and neither of its file names may contain {@code .tmp.},
 * which marks a temporary of the original store, to be skipped or deleted by its sweeps. That
 * excludes {@code .tmp.} within the id and, because {@code .bin} and {@code .json} follow, {@code
 * .tmp} at its end.
 */
public final class RunIds {
  /** Longest legal run id, in characters and bytes. */
  public static final int MAX_LENGTH = 128;

  private static final String RULE =
      "[A-Za-z0-9][A-Za-z0-9._-]{0,127}, without \".tmp.\" in it or \".tmp\" at its end";

  private RunIds() {}

  /** Returns whether {@code runId} may name a run. */
  public static boolean isValid(CharSequence runId) {
    int length = runId.length();
    if (length < 1 || length > MAX_LENGTH || !isAlphanumeric(runId.charAt(0))) {
      return false;
    }
    for (int i = 1; i < length; i++) {
      char c = runId.charAt(i);
      if (!isAlphanumeric(c) && c != '.' && c != '_' && c != '-') {
        return false;
      }
    }
    String text = runId.toString();
    return !text.contains(DirectoryNames.TEMPORARY_MARK) && !text.endsWith(".tmp");
  }

  /**
   * Returns {@code runId} if it is valid.
   *
   * @throws IllegalArgumentException showing the value, escaped and shortened, and the rule
   */
  public static String requireValid(String runId) {
    if (!isValid(runId)) {
      throw new IllegalArgumentException(
          "run id is not usable: expected=" + RULE + " actual=" + Excerpt.of(runId));
    }
    return runId;
  }

  private static boolean isAlphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }
}
