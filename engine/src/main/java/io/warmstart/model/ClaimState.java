package io.warmstart.model;

/** How a claim of a key stands. */
public enum ClaimState {
  /** It is the caller's: nobody else gets it until it is given back. */
  MINE,
  /**
   * The key has a final result, in the root or in one of its seeds: there is nothing to compute,
   * and nothing is held. As of the last look: it may have been removed since, which the next tells.
   */
  FINISHED,
  /** Another has it, or may have it; nothing is held. */
  OTHERS
}
