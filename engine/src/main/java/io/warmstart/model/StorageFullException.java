package io.warmstart.model;

/** The file system has no bytes, no inodes or no quota left. The version before is intact. */
public final class StorageFullException extends StoreException {
  private static final long serialVersionUID = 1L;

  /**
   * An error with its cause.
   *
   * @param message what failed, and where
   * @param cause what the file system has said
   */
  public StorageFullException(String message, Throwable cause) {
    super(message, cause);
  }
}
