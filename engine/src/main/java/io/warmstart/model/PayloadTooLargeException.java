package io.warmstart.model;

/**
 * The payload, with its manifest, is larger than all that the root may take up beside what is
 * pinned: no eviction could make room for it. Nothing was staged, changed or evicted; the version
 * before is in place. A larger budget, a smaller payload or fewer pins help.
 *
 * <p>Under a budget of 0, which nothing fits, saves are not refused: each evicts what was there
 * before it.
 */
public final class PayloadTooLargeException extends StoreException {
  private static final long serialVersionUID = 1L;

  /**
   * An error with no other behind it.
   *
   * @param message both lengths, in bytes
   */
  public PayloadTooLargeException(String message) {
    super(message);
  }
}
