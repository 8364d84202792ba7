package io.warmstart.model;

/** The file system has no bytes, no inodes or no quota left. The version before is intact. */
public final class StorageFullException extends StoreException {
  private static final long serialVersionUID = 1L;

  public StorageFullException(String message, Throwable cause) {
    super(message, cause);
  }
}
