package io.warmstart.stress.frame;

import java.io.IOException;
import java.util.List;

/** One way to put a store under load, and what must be true of it afterwards. */
public interface Scenario {
  /** The name on the command line. */
  String name();

  /** One line for the list. */
  String summary();

  /** Processes, unless the command line says otherwise. */
  default int defaultProcesses() {
    return 4;
  }

  /** Seconds, unless the command line says otherwise. */
  default int defaultSeconds() {
    return 60;
  }

  /** The counts that a minimum on the command line is about; none if it takes no minimum. */
  default List<String> volumes() {
    return List.of();
  }

  /** Whether its workers can save with another durability than in files. */
  default boolean takesDurability() {
    return false;
  }

  /** How many paths to its directory it can use, each through another mount. */
  default int mostRoots() {
    return 1;
  }

  /**
   * Runs until the time is up, and reports what it finds to the run.
   *
   * @throws SkippedException if the host lacks what the scenario needs; nothing has been done then
   */
  void run(Run run) throws IOException, InterruptedException;
}
