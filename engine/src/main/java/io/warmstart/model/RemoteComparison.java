package io.warmstart.model;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a look at a remote found.
 *
 * @param url where it is
 * @param answered how long its first answer took; empty if there was none
 * @param failure what the look failed with; empty if it did not
 * @param dueEntries entries of the root that are not there, nor a later version of their run; empty
 *     if the time was not enough to compare
 * @param dueBytes their payloads; empty if they are not known
 * @param oldestDue when the first of them was saved; empty if there is none, or they are not known
 */
public record RemoteComparison(
    String url,
    Optional<Duration> answered,
    Optional<String> failure,
    OptionalLong dueEntries,
    OptionalLong dueBytes,
    Optional<Instant> oldestDue) {
  /** {@return whether it has answered} */
  public boolean reachable() {
    return answered.isPresent();
  }
}
