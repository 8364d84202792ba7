package io.warmstart.format;

import io.warmstart.model.Retention;
import io.warmstart.model.RootPolicy.Origin;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What the policy of a root says, as its file states it: what the root may take up, how long an
 * entry lives unused, and what eviction spares.
 *
 * @param budget null if none has come into force
 * @param ttl null if none has come into force
 * @param retention null if nobody has named one
 * @param unknownFields fields that this version has no name for, kept for a rewrite
 */
public record StoredPolicy(
    @Nullable Budget budget,
    @Nullable Ttl ttl,
    @Nullable Retention retention,
    UnknownFields unknownFields) {
  /** That of a root which has none. */
  public static final StoredPolicy NONE = new StoredPolicy(null, null, null, UnknownFields.NONE);

  /** What the root may take up. */
  public record Budget(long bytes, Origin origin) {}

  /**
   * How long an entry lives unused.
   *
   * @param duration zero = for ever
   * @param since when it came into force; a default expires nothing that was written before
   */
  public record Ttl(Duration duration, Origin origin, Stamp since) {}

  /** The same with another budget. */
  public StoredPolicy with(Budget other) {
    return new StoredPolicy(other, ttl, retention, unknownFields);
  }

  /** The same with another TTL. */
  public StoredPolicy with(Ttl other) {
    return new StoredPolicy(budget, other, retention, unknownFields);
  }

  /** The same with another retention. */
  public StoredPolicy with(Retention other) {
    return new StoredPolicy(budget, ttl, other, unknownFields);
  }
}
