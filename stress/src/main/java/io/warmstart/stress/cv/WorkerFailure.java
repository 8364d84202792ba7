package io.warmstart.stress.cv;

/** The run cannot go on; the message is one line that says why. */
public final class WorkerFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  WorkerFailure(String message) {
    super(message);
  }
}
