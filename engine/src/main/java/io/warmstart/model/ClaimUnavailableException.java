package io.warmstart.model;

/**
 * Whether a key is claimed cannot be said, so it was not granted: the root's lock file is gone and
 * could not be made again, the kernel has no locks to give, or the store's remote does not answer,
 * or ignores the condition that claims need. To compute without a claim harms nothing but may be
 * done twice.
 */
public final class ClaimUnavailableException extends StoreException {
  private static final long serialVersionUID = 1L;

  /**
   * An error with its cause.
   *
   * @param message what failed, and where
   * @param cause what the file system or the remote has said
   */
  public ClaimUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }

  /**
   * An error that nothing has thrown.
   *
   * @param message what is wrong, and where
   */
  public ClaimUnavailableException(String message) {
    super(message);
  }
}
