package io.warmstart.stress.volume;

import io.warmstart.model.Durability;
import io.warmstart.stress.frame.DurabilityNames;

/**
 * One row of the proof: a scenario, and how much of it.
 *
 * @param scenario its name
 * @param durability what its workers' stores make of their saves
 * @param fileSystem where its roots lie, as {@link io.warmstart.stress.mount.Disks} calls it
 * @param processes at work at once
 * @param seconds for how long at least
 * @param atLeast how much of what the scenario counts it must have done; 0 = what it asks for
 *     itself
 */
public record VolumeRow(
    String scenario,
    Durability durability,
    String fileSystem,
    int processes,
    int seconds,
    long atLeast) {

  /** So many times as long, and as much. */
  VolumeRow times(int scale) {
    return new VolumeRow(
        scenario, durability, fileSystem, processes, seconds * scale, atLeast * scale);
  }

  String title() {
    return "%s, %s, on %s".formatted(scenario, DurabilityNames.of(durability), fileSystem);
  }
}
