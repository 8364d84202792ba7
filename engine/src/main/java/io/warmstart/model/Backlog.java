package io.warmstart.model;

/**
 * What becomes of a version of a run that waits to be saved in the background when a later version
 * of the run is handed in.
 */
public enum Backlog {
  /** It is saved, and the later one after it. */
  KEEP_ALL,

  /**
   * The later one takes its place, also in the order of the saves: it may be saved before versions
   * of other runs that were handed in between the two. So a run has two versions under way at most,
   * one that is being saved and one that waits, however fast they come.
   */
  KEEP_LATEST
}
