package io.warmstart.remote.store;

import java.io.IOException;

/**
 * The remote has understood and says no: rights, credentials, a bucket that does not exist. It will
 * say so again until somebody has changed something.
 */
public final class RefusedException extends IOException {
  private static final long serialVersionUID = 1L;

  public RefusedException(String message, Throwable cause) {
    super(message, cause);
  }
}
