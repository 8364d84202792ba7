package io.warmstart;

/** Hears how far a verification has come. */
@FunctionalInterface
public interface VerifyProgress {
  /** Called after each key. */
  void keyDone(long done, long total);
}
