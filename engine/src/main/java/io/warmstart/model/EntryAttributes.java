package io.warmstart.model;

import java.util.Objects;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * What a save says about its payload, and how far it has to come before it returns. Immutable.
 *
 * <p>{@code EntryAttributes.checkpoint().withObjective(1.5).withIteration(7)}
 */
public final class EntryAttributes {
  private static final EntryAttributes CHECKPOINT = of(EntryKind.CHECKPOINT);
  private static final EntryAttributes FINAL = of(EntryKind.FINAL);

  private final EntryKind kind;
  private final OptionalDouble objective;
  private final OptionalLong iteration;
  private final Acknowledgement acknowledgement;

  private EntryAttributes(
      EntryKind kind,
      OptionalDouble objective,
      OptionalLong iteration,
      Acknowledgement acknowledgement) {
    this.kind = kind;
    this.objective = objective;
    this.iteration = iteration;
    this.acknowledgement = acknowledgement;
  }

  private static EntryAttributes of(EntryKind kind) {
    return new EntryAttributes(
        kind, OptionalDouble.empty(), OptionalLong.empty(), Acknowledgement.LOCAL);
  }

  /** {@return a checkpoint of a running fit, without objective or iteration} */
  public static EntryAttributes checkpoint() {
    return CHECKPOINT;
  }

  /** {@return the final result of a fit, without objective or iteration} */
  public static EntryAttributes finalResult() {
    return FINAL;
  }

  /**
   * {@return the same with an objective, lower being better; one that is not finite counts as none}
   *
   * @param value any double
   */
  public EntryAttributes withObjective(double value) {
    return new EntryAttributes(
        kind,
        Double.isFinite(value) ? OptionalDouble.of(value) : OptionalDouble.empty(),
        iteration,
        acknowledgement);
  }

  /**
   * {@return the same with an iteration, an unsigned 64-bit number}
   *
   * @param value taken as unsigned
   */
  public EntryAttributes withIteration(long value) {
    return new EntryAttributes(kind, objective, OptionalLong.of(value), acknowledgement);
  }

  /**
   * {@return the same for a save that returns when it has come so far, {@link
   * Acknowledgement#LOCAL} unless set} Nothing of it is kept with the entry.
   *
   * @param wanted {@link Acknowledgement#REMOTE} is for stores with a remote that is written to
   */
  public EntryAttributes withAcknowledgement(Acknowledgement wanted) {
    return new EntryAttributes(kind, objective, iteration, Objects.requireNonNull(wanted));
  }

  /** {@return a checkpoint or a final result} */
  public EntryKind kind() {
    return kind;
  }

  /** {@return the objective, if there is one: finite} */
  public OptionalDouble objective() {
    return objective;
  }

  /** {@return the iteration, if there is one: unsigned} */
  public OptionalLong iteration() {
    return iteration;
  }

  /** {@return how far the save has to come before it returns} */
  public Acknowledgement acknowledgement() {
    return acknowledgement;
  }
}
