package io.warmstart.model;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * Who would win a lookup and why not the others. Looking does not touch.
 *
 * @param key the key
 * @param ranking the ranking asked for
 * @param winner the run id of the entry that a lookup would return now
 * @param candidates all that lies under the key, in order of preference, the unusable last
 */
public record Explanation(
    Fingerprint key, Ranking ranking, Optional<String> winner, List<Verdict> candidates) {

  /**
   * One entry and what became of it.
   *
   * @param runId its run
   * @param usable whether a lookup could return it
   * @param objective its objective, if any
   * @param iteration its iteration, if any, unsigned
   * @param kind checkpoint or final; empty if its manifest cannot be read
   * @param writtenUnixSecs when it was saved
   * @param writtenNanos the nanoseconds within the second
   * @param payloadBytes its length; -1 if its manifest cannot be read
   * @param reason one line: why it won, lost, or cannot be used
   */
  public record Verdict(
      String runId,
      boolean usable,
      OptionalDouble objective,
      OptionalLong iteration,
      Optional<EntryKind> kind,
      long writtenUnixSecs,
      int writtenNanos,
      long payloadBytes,
      String reason) {}
}
