package io.warmstart.cli;

/** What a command's exit code says. */
final class ExitCodes {
  /** Done; nothing is wrong. */
  static final int DONE = 0;

  /** A miss, or a problem was found. */
  static final int MISS_OR_PROBLEM = 1;

  /** The command was used wrongly; nothing was done. */
  static final int WRONG_USE = 2;

  /** It could not be done. */
  static final int ERROR = 3;

  private ExitCodes() {}
}
