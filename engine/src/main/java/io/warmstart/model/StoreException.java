package io.warmstart.model;

/**
 * The store could not do what was asked. The message is one line that names the thing, the expected
 * and the actual value, and the file. A subtype stands where a caller would act differently; wrong
 * arguments and use after close are the JDK's own unchecked exceptions.
 */
public class StoreException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * An error with no other behind it.
   *
   * @param message what, expected, actual and where, in one line
   */
  public StoreException(String message) {
    super(message);
  }

  /**
   * An error with its cause.
   *
   * @param message what, expected, actual and where, in one line
   * @param cause what the JDK has thrown
   */
  public StoreException(String message, Throwable cause) {
    super(message, cause);
  }
}
