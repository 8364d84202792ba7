package io.warmstart.model;

/**
 * Hears how far a verification has come.
 *
 * <p><b>Threads:</b> it is called by the thread that verifies, between two keys, and may take its
 * time: no lock is held. What it throws ends the verification, and comes out of {@code verify} or
 * {@code repair}; what was repaired by then is.
 */
@FunctionalInterface
public interface VerifyProgress {
  /** Listens to nothing. */
  VerifyProgress NONE = (done, total) -> {};

  /**
   * Another key was checked.
   *
   * @param done keys checked so far
   * @param total keys to be checked
   */
  void keyDone(long done, long total);
}
