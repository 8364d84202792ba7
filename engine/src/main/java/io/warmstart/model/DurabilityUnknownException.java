package io.warmstart.model;

/**
 * The save failed when there was no way back: the entry is the new version, or becomes it a little
 * later, and whether it survives a power cut is not known. Saving it again tells.
 *
 * <p>Either the sync of its directory has failed, and every process sees the entry; or the disk has
 * failed between the two renames that publish it. Then an overwrite is answered by lookups of this
 * library at once, and a first save once a sweep has completed it; other programs see neither
 * before. Both files of the entry are synced by then.
 */
public final class DurabilityUnknownException extends StoreException {
  private static final long serialVersionUID = 1L;

  /**
   * An error with its cause.
   *
   * @param message what failed, and what is in place
   * @param cause what the file system has said
   */
  public DurabilityUnknownException(String message, Throwable cause) {
    super(message, cause);
  }
}
