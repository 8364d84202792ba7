package io.warmstart;

/**
 * The entry is in place and every process sees it, but the sync of its directory has failed:
 * whether it survives a power cut is not known. Saving it again tells.
 */
public final class DurabilityUnknownException extends StoreException {
  private static final long serialVersionUID = 1L;

  DurabilityUnknownException(String message, Throwable cause) {
    super(message, cause);
  }
}
