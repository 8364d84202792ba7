package io.warmstart.model;

/**
 * The root cannot be written to: a read-only file system, no permission, or a store that was opened
 * for lookups only. Lookups go on working.
 */
public final class ReadOnlyStoreException extends StoreException {
  private static final long serialVersionUID = 1L;

  /**
   * An error with no other behind it.
   *
   * @param message what was refused, and where
   */
  public ReadOnlyStoreException(String message) {
    super(message);
  }

  /**
   * An error with its cause.
   *
   * @param message what failed, and where
   * @param cause what the file system has said
   */
  public ReadOnlyStoreException(String message, Throwable cause) {
    super(message, cause);
  }
}
