package io.warmstart.model;

/**
 * Whether a key is claimed cannot be said, so it was not granted: the root's lock file is gone and
 * could not be made again, or the kernel has no locks to give. To compute without a claim harms
 * nothing but may be done twice.
 */
public final class ClaimUnavailableException extends StoreException {
  private static final long serialVersionUID = 1L;

  /**
   * An error with its cause.
   *
   * @param message what failed, and where
   * @param cause what the file system has said
   */
  public ClaimUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
