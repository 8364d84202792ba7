package io.warmstart.stress.scenario;

import io.warmstart.stress.frame.Scenario;
import java.util.List;

/** All scenarios, in the order of {@code list} and {@code all}. */
public final class Scenarios {
  private Scenarios() {}

  /** The scenarios. */
  public static List<Scenario> all() {
    return List.of(
        new EvictionRace(),
        new OverwriteRead(),
        new Kill(),
        new StoppedHolder(),
        Claims.onOneMachine(),
        new PowerCut(),
        new Faults(),
        new DiskFull(),
        new Fuzz(),
        new Foreign(),
        new ForeignRead(),
        new Containers(),
        new Machines(),
        new RemoteKill(),
        new RemoteOutage(),
        Claims.acrossMachines(),
        new ParallelCv(),
        new Clock(),
        new Soak());
  }

  /**
   * The one of that name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Scenario named(String name) {
    return all().stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no such scenario: " + name));
  }
}
