package io.warmstart.model;

/** Hears how far a verification has come. */
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
