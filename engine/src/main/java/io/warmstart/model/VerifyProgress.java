package io.warmstart.model;

/** Hears how far a verification has come. */
@FunctionalInterface
public interface VerifyProgress {
  /** Listens to nothing. */
  VerifyProgress NONE = (done, total) -> {};

  /** Another key was checked. */
  void keyDone(long done, long total);
}
