package io.warmstart.model;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The policy of a root, which all who use it go by: {@code .warmstart/policy}.
 *
 * @param sizeBudgetBytes what the root may take up; empty until one is named or the default has
 *     come into force, which it does with the first eviction that it asks for
 * @param sizeBudgetOrigin where that comes from
 * @param ttl how long after its last write or access an entry expires, zero = never; empty until
 *     one is named or the default has come into force, which it does when the root is opened for
 *     writing
 * @param ttlOrigin where that comes from
 * @param ttlSince when the TTL came into force; a default expires nothing written before
 * @param retention what eviction spares; {@link Retention#ORIGINAL} where nobody has named one
 * @param damage why the file cannot be used, in one line: then nothing is evicted and nothing
 *     expires, until the policy is set again; empty if it can
 */
public record RootPolicy(
    OptionalLong sizeBudgetBytes,
    Origin sizeBudgetOrigin,
    Optional<Duration> ttl,
    Origin ttlOrigin,
    Optional<Instant> ttlSince,
    Retention retention,
    Optional<String> damage) {
  /** Where a value comes from. */
  public enum Origin {
    /** Somebody has named it. */
    NAMED,
    /** The library's: 1 GiB, 30 days. */
    DEFAULT,
    /** The size that the root had when the default would have made it smaller. */
    KEPT
  }
}
