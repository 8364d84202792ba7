package io.warmstart.model;

/**
 * The root has another budget, TTL or retention than the store names. To open it without naming any
 * takes the root's; {@code StoreOptions.withPolicy} says how to change it, or to name them for one
 * store.
 */
public final class PolicyConflictException extends StoreException {
  private static final long serialVersionUID = 1L;

  /**
   * An error with no other behind it.
   *
   * @param message what the root has, and what was named
   */
  public PolicyConflictException(String message) {
    super(message);
  }
}
