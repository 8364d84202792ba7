package io.warmstart.stress.frame;

/** The host lacks something; what needs it was not run, and must not count as passed. */
public final class SkippedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public SkippedException(String reason) {
    super(reason);
  }
}
