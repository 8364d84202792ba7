package io.warmstart.model;

import java.time.Duration;

/**
 * Whom a claim binds, and for how long after its last sign of life. Immutable; each {@code with}
 * method returns a changed copy.
 */
public final class ClaimOptions {
  /** 60 seconds. */
  public static final Duration DEFAULT_LEASE = Duration.ofSeconds(60);

  /** 100 ms, for a remote that answers in a few: a claim is renewed each third of its lease. */
  public static final Duration SHORTEST_LEASE = Duration.ofMillis(100);

  /** One day. */
  public static final Duration LONGEST_LEASE = Duration.ofDays(1);

  private static final ClaimOptions DEFAULTS = new ClaimOptions(DEFAULT_LEASE, true, false);

  private final Duration lease;
  private final boolean acrossMachines;
  private final boolean aloneIfUnanswered;

  private ClaimOptions(Duration lease, boolean acrossMachines, boolean aloneIfUnanswered) {
    this.lease = lease;
    this.acrossMachines = acrossMachines;
    this.aloneIfUnanswered = aloneIfUnanswered;
  }

  /**
   * A claim that all machines respect which have the store's remote, if it has one that it writes
   * to; else those on this machine.
   *
   * @return options with a lease of 60 s, whose claim is refused if the remote does not answer
   */
  public static ClaimOptions defaults() {
    return DEFAULTS;
  }

  /**
   * For how long other machines take a claim to be held that is not renewed any more, as after a
   * loss of power. A living holder renews it each third of that. On its own machine a claim ends
   * with its process at once.
   *
   * @param duration 100 ms to one day
   * @return these options, changed
   */
  public ClaimOptions withLease(Duration duration) {
    if (duration.compareTo(SHORTEST_LEASE) < 0 || duration.compareTo(LONGEST_LEASE) > 0) {
      throw new IllegalArgumentException(
          "lease: expected=" + SHORTEST_LEASE + " to " + LONGEST_LEASE + " actual=" + duration);
    }
    return new ClaimOptions(duration, acrossMachines, aloneIfUnanswered);
  }

  /**
   * Whether the store's remote is claimed too. Without one that it writes to this means nothing.
   *
   * @param across false for a claim that binds this machine only
   * @return these options, changed
   */
  public ClaimOptions withAcrossMachines(boolean across) {
    return new ClaimOptions(lease, across, aloneIfUnanswered);
  }

  /**
   * What is to be while the remote does not answer: a claim on this machine only, for as long as it
   * lasts, or none. A remote that answers and cannot keep claims is an error all the same.
   *
   * @param alone true for a claim that says that it is {@code onThisMachineOnly}; false for a
   *     {@link ClaimUnavailableException}
   * @return these options, changed
   */
  public ClaimOptions withAloneIfUnanswered(boolean alone) {
    return new ClaimOptions(lease, acrossMachines, alone);
  }

  /** {@return for how long a claim is taken to be held that is not renewed} */
  public Duration lease() {
    return lease;
  }

  /** {@return whether the store's remote is claimed too} */
  public boolean acrossMachines() {
    return acrossMachines;
  }

  /** {@return whether the claim is had on this machine only while the remote does not answer} */
  public boolean aloneIfUnanswered() {
    return aloneIfUnanswered;
  }
}
