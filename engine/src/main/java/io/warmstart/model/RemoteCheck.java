package io.warmstart.model;

import java.util.List;

/**
 * Whether a remote does what a remote must.
 *
 * @param remote which
 * @param steps what was tried, in order; after one that failed only what was made is removed
 */
public record RemoteCheck(String remote, List<Step> steps) {
  /**
   * Something that was tried.
   *
   * @param what it has to do
   * @param passed whether it does
   * @param found what it did, if it does not; what is to be known, if it does so all the same; else
   *     empty
   */
  public record Step(String what, boolean passed, String found) {}

  /** {@return whether it does all} */
  public boolean passed() {
    return steps.stream().allMatch(Step::passed);
  }
}
