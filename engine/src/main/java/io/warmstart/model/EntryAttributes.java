package io.warmstart.model;

import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * What a save says about its payload. Immutable.
 *
 * <p>{@code EntryAttributes.checkpoint().withObjective(1.5).withIteration(7)}
 */
public final class EntryAttributes {
  private static final EntryAttributes CHECKPOINT =
      new EntryAttributes(EntryKind.CHECKPOINT, OptionalDouble.empty(), OptionalLong.empty());
  private static final EntryAttributes FINAL =
      new EntryAttributes(EntryKind.FINAL, OptionalDouble.empty(), OptionalLong.empty());

  private final EntryKind kind;
  private final OptionalDouble objective;
  private final OptionalLong iteration;

  private EntryAttributes(EntryKind kind, OptionalDouble objective, OptionalLong iteration) {
    this.kind = kind;
    this.objective = objective;
    this.iteration = iteration;
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
        iteration);
  }

  /**
   * {@return the same with an iteration, an unsigned 64-bit number}
   *
   * @param value taken as unsigned
   */
  public EntryAttributes withIteration(long value) {
    return new EntryAttributes(kind, objective, OptionalLong.of(value));
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
}
