package io.warmstart.model;

import java.util.List;

/**
 * Whether a remote does what a remote must.
 *
 * @param remote which
 * @param steps what was tried, in order; it ends with the first that failed
 */
public record RemoteCheck(String remote, List<Step> steps) {
  /**
   * Something that was tried.
   *
   * @param what it has to do
   * @param passed whether it does
   * @param found what it did, if it does not; else empty
   */
  public record Step(String what, boolean passed, String found) {}

  /** {@return whether it does all} */
  public boolean passed() {
    return steps.stream().allMatch(Step::passed);
  }
}
