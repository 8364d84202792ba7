package io.warmstart.model;

import java.util.List;

/**
 * What a verification found.
 *
 * @param keys key directories looked at
 * @param entries entries whose payload fits their manifest
 * @param bytes the payload bytes that were read and hashed
 * @param problems what is wrong; empty if nothing is
 * @param leftovers what processes that are gone have left unfinished, and the next sweep removes:
 *     no acknowledged save is among it, so nothing is wrong with it; {@code repaired} tells whether
 *     this verification has removed it
 */
public record VerifyReport(
    long keys, long entries, long bytes, List<Problem> problems, List<Problem> leftovers) {
  /** {@return whether nothing is wrong; leftovers are not} */
  public boolean clean() {
    return problems.isEmpty();
  }

  /**
   * One thing that is wrong.
   *
   * @param kind one word or two, such as {@code checksum}, {@code stray name} or {@code index}
   * @param path the file
   * @param detail one line with expected and actual
   * @param repaired whether a repair has dealt with it
   */
  public record Problem(String kind, String path, String detail, boolean repaired) {}
}
