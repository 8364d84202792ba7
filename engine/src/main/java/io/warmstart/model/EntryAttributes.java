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

  /** A checkpoint of a running fit, without objective or iteration. */
  public static EntryAttributes checkpoint() {
    return CHECKPOINT;
  }

  /** The final result of a fit, without objective or iteration. */
  public static EntryAttributes finalResult() {
    return FINAL;
  }

  /** The same with an objective, lower being better; one that is not finite counts as none. */
  public EntryAttributes withObjective(double value) {
    return new EntryAttributes(
        kind,
        Double.isFinite(value) ? OptionalDouble.of(value) : OptionalDouble.empty(),
        iteration);
  }

  /** The same with an iteration, an unsigned 64-bit number. */
  public EntryAttributes withIteration(long value) {
    return new EntryAttributes(kind, objective, OptionalLong.of(value));
  }

  /** Checkpoint or final result. */
  public EntryKind kind() {
    return kind;
  }

  /** The objective, if there is one: finite. */
  public OptionalDouble objective() {
    return objective;
  }

  /** The iteration, if there is one: unsigned. */
  public OptionalLong iteration() {
    return iteration;
  }
}
