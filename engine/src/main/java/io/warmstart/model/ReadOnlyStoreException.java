package io.warmstart.model;

/**
 * The root cannot be written to: a read-only file system, no permission, or a store that was opened
 * for lookups only. Lookups go on working.
 */
public final class ReadOnlyStoreException extends StoreException {
  private static final long serialVersionUID = 1L;

  public ReadOnlyStoreException(String message) {
    super(message);
  }

  public ReadOnlyStoreException(String message, Throwable cause) {
    super(message, cause);
  }
}
