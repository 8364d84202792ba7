package io.warmstart.remote.copy;

import io.warmstart.pair.StoreFailures;
import java.io.IOException;

/** Something failed here, and says nothing against the remote. */
public class LocalException extends IOException {
  private static final long serialVersionUID = 1L;

  public LocalException(Exception cause) {
    super(StoreFailures.describeWithFile(cause), cause);
  }

  public LocalException(String message) {
    super(message);
  }
}
