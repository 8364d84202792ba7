package io.warmstart.stress.frame;

import io.warmstart.model.Durability;
import java.nio.file.Path;
import java.util.List;

/**
 * How a scenario is run.
 *
 * @param processes how many processes work at once
 * @param seconds for how long, about
 * @param atLeast how much of what the scenario counts it must have done, however long that takes; 0
 *     = as much as the scenario itself asks for
 * @param durability what the stores of the workers are to make of their saves
 * @param seed from which every choice follows that the scenario makes itself; what the kernel's
 *     scheduler decides it cannot repeat
 * @param directory where roots and histories lie
 * @param paths the paths that lead to that directory, itself first: one through each mount that the
 *     scenario is to use
 */
public record RunOptions(
    int processes,
    int seconds,
    long atLeast,
    Durability durability,
    long seed,
    Path directory,
    List<Path> paths) {
  /** Whether saves are to go into the journal. */
  public boolean journalled() {
    return durability != Durability.IN_FILES;
  }
}
