package io.warmstart.remote;

import io.warmstart.pair.StoreFailures;
import java.io.IOException;

/** Something failed here, and says nothing against the remote. */
class LocalException extends IOException {
  private static final long serialVersionUID = 1L;

  LocalException(Exception cause) {
    super(StoreFailures.describeWithFile(cause), cause);
  }

  LocalException(String message) {
    super(message);
  }
}
