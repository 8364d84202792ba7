package io.warmstart.pair;

import java.io.IOException;

/**
 * The kernel could not make staged files durable. They are lost: it has marked their pages clean,
 * and a second sync would succeed without having written anything.
 */
public final class SyncFailedException extends IOException {
  private static final long serialVersionUID = 1L;

  SyncFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
