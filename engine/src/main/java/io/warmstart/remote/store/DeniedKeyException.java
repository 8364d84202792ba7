package io.warmstart.remote.store;

import io.warmstart.pair.StoreFailures;
import java.io.IOException;
import java.nio.file.AccessDeniedException;

/**
 * This user may not do that to a key, which another has made perhaps. It says nothing against the
 * remote, and of no other key.
 */
public final class DeniedKeyException extends IOException {
  private static final long serialVersionUID = 1L;

  public DeniedKeyException(AccessDeniedException cause) {
    super(StoreFailures.describeWithFile(cause), cause);
  }
}
