package io.warmstart;

import io.warmstart.model.Durability;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Namespace;
import io.warmstart.model.Ranking;
import io.warmstart.policy.Limits;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which of the offered checkpoints a {@link Session} takes. Immutable; each {@code with} method
 * returns a changed copy.
 */
public final class SessionOptions {
  /** 1e-12: objectives that are closer tie in every {@link Ranking}. */
  public static final double DEFAULT_MIN_IMPROVEMENT = 1e-12;

  /** 2 s. */
  public static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(2);

  private static final SessionOptions DEFAULTS =
      new SessionOptions(DEFAULT_MIN_IMPROVEMENT, DEFAULT_INTERVAL, null, List.of());

  private final double minImprovement;
  private final Duration interval;
  private final long intervalNanos;
  private final @Nullable Durability namedDurability;
  private final List<Fingerprint> seeds;

  private SessionOptions(
      double minImprovement,
      Duration interval,
      @Nullable Durability namedDurability,
      List<Fingerprint> seeds) {
    this.minImprovement = minImprovement;
    this.interval = interval;
    this.intervalNanos = Limits.saturatedNanos(interval);
    this.namedDurability = namedDurability;
    this.seeds = seeds;
  }

  /**
   * What improves by more than 1e-12 at once, and anything after 2 s; with the durability that the
   * store names, or else {@link Durability#PROCESS_SAFE}; of a store with limits of its own {@link
   * Durability#IN_FILES}.
   *
   * @return options that name no durability
   */
  public static SessionOptions defaults() {
    return DEFAULTS;
  }

  /**
   * By how much an objective must be lower than the best one for its checkpoint to be taken at
   * once. One that improves by less waits until the interval has passed; it still counts as the
   * best then.
   *
   * @param difference finite, 0 or more, in units of the objective; 0 = by anything
   * @return these options, changed
   */
  public SessionOptions withMinImprovement(double difference) {
    if (!(difference >= 0) || difference == Double.POSITIVE_INFINITY) {
      throw new IllegalArgumentException(
          "minimal improvement: expected=finite, >=0 actual=" + difference);
    }
    return new SessionOptions(difference, interval, namedDurability, seeds);
  }

  /**
   * How long after the last checkpoint that was taken the next one is taken whatever its objective.
   *
   * @param duration not negative; zero = every offer is taken; 292 years or more = none is taken
   *     for the time that has passed
   * @return these options, changed
   */
  public SessionOptions withInterval(Duration duration) {
    if (duration.isNegative()) {
      throw new IllegalArgumentException("interval: expected>=0 actual=" + duration);
    }
    return new SessionOptions(minImprovement, duration, namedDurability, seeds);
  }

  /**
   * Takes every checkpoint that is offered: an interval of zero.
   *
   * @return these options, changed
   */
  public SessionOptions withEveryOffer() {
    return withInterval(Duration.ZERO);
  }

  /**
   * What a checkpoint survives from the moment in which it was taken, whatever the store names; see
   * {@link Session}.
   *
   * @param wanted for checkpoints; a final result survives a power cut at least
   * @return these options, changed
   */
  public SessionOptions withDurability(Durability wanted) {
    return new SessionOptions(minImprovement, interval, Objects.requireNonNull(wanted), seeds);
  }

  /**
   * Other keys to resume from where the session's own has no entry: those that the same steps make
   * in other {@link Namespace}s, or of fits that are alike. {@link Session#resume} and {@link
   * Session#resumeLatest} look them up in the order given, each in the root, its remote and its
   * seeds; the first that has an entry answers, and {@link Entry#key} tells which.
   *
   * <p>Nothing is saved to them. The objective of what comes from there is none to improve on, for
   * it may be of other data, and {@link Session#completed} does not ask them. A key that cannot be
   * read counts as one without entries, and is told in the log.
   *
   * @param keys none of them the session's own
   * @return these options, changed
   */
  public SessionOptions withSeeds(List<Fingerprint> keys) {
    return new SessionOptions(minImprovement, interval, namedDurability, List.copyOf(keys));
  }

  /** {@return by how much an objective must be lower for its checkpoint to be taken at once} */
  public double minImprovement() {
    return minImprovement;
  }

  /**
   * {@return how long after one checkpoint the next is taken whatever its objective; zero = at
   * once}
   */
  public Duration interval() {
    return interval;
  }

  /** {@return what a checkpoint survives; empty if these options do not name it} */
  public Optional<Durability> durability() {
    return Optional.ofNullable(namedDurability);
  }

  /**
   * {@return the keys that are resumed from where the session's own has no entry, in this order}
   */
  public List<Fingerprint> seeds() {
    return seeds;
  }

  /** The interval in nanoseconds, saturated at 292 years. */
  long intervalNanos() {
    return intervalNanos;
  }
}
