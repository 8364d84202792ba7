package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.Durability;
import io.warmstart.model.DurabilityUnknownException;
import io.warmstart.model.Fingerprint;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The versions of one run that one thread has begun to save, in order, and what may be found of it:
 * by every reader while the machine runs, and after a power cut.
 */
final class SavedVersions {
  private enum State {
    BEGUN,
    /** Its save has said that nothing was changed. */
    REFUSED,
    /** Its save has said that it may have been, or will be. */
    UNKNOWN,
    PROCESS_SAFE,
    POWER_SAFE
  }

  private static final class Version {
    private final String name;
    private State state = State.BEGUN;

    Version(String name) {
      this.name = name;
    }
  }

  final Fingerprint key;
  final String runId;
  private final List<Version> versions = new ArrayList<>();

  SavedVersions(Fingerprint key, String runId) {
    this.key = key;
    this.runId = runId;
  }

  /** Begins the next version, and returns its name. */
  synchronized String begin() {
    String name = runId + versions.size();
    versions.add(new Version(name));
    return name;
  }

  /** Begins the run's removal, which counts as a version that is not there. */
  synchronized void beginRemoval() {
    versions.add(new Version(FaultScenario.ABSENT));
  }

  /** The version that was begun last has returned. */
  synchronized void returned(Durability durability) {
    last().state = durability == Durability.PROCESS_SAFE ? State.PROCESS_SAFE : State.POWER_SAFE;
  }

  /** The version that was begun last has thrown. */
  synchronized void threw(Throwable thrown) {
    last().state = thrown instanceof DurabilityUnknownException ? State.UNKNOWN : State.REFUSED;
  }

  /** What was begun last has failed, and may be in place all the same. */
  synchronized void mayHaveCome() {
    last().state = State.UNKNOWN;
  }

  /** The save of the version that was begun last was given up before it was to be found. */
  synchronized void abandoned() {
    last().state = State.REFUSED;
  }

  /** All that has returned is in durable pairs. */
  synchronized void flushed() {
    for (Version version : versions) {
      if (version.state == State.PROCESS_SAFE) {
        version.state = State.POWER_SAFE;
      }
    }
  }

  /** The name of the version that was begun last. */
  synchronized String latest() {
    return last().name;
  }

  private Version last() {
    return versions.get(versions.size() - 1);
  }

  /** Nothing that was found has given way to what was saved before it. */
  static void checkNoOlder(List<String> later, List<String> earlier) {
    for (int run = 0; run < earlier.size(); run++) {
      assertTrue(
          number(later.get(run)) >= number(earlier.get(run)),
          () -> "found: " + earlier + ", then: " + later);
    }
  }

  /** Its place in the order; -1 of what is not there. */
  private static int number(String version) {
    return version.equals(FaultScenario.ABSENT)
        ? -1
        : Integer.parseInt(version.replaceFirst("^\\D+", ""));
  }

  /** What may be found while the machine runs. */
  synchronized Set<String> allowed() {
    return since(State.PROCESS_SAFE);
  }

  /** What may be found after a power cut: no older than the last power-safe version. */
  synchronized Set<String> allowedAfterPowerCut() {
    return since(State.POWER_SAFE);
  }

  /** The last version that has come so far, and all after it that were not refused. */
  private Set<String> since(State floor) {
    Set<String> names = new LinkedHashSet<>();
    names.add(FaultScenario.ABSENT);
    for (Version version : versions) {
      if (version.state.compareTo(floor) >= 0) {
        names.clear();
      }
      if (version.state != State.REFUSED) {
        names.add(version.name);
      }
    }
    return names;
  }

  /** Asserts that a version is one of those; {@link FaultScenario#ABSENT} stands for none. */
  static void check(Set<String> allowed, String found) {
    assertTrue(allowed.contains(found), () -> "expected=" + allowed + " actual=" + found);
  }

  /** Looks the run's version up. */
  String in(WarmStartStore store) {
    return Versions.found(store.lookup(key, runId), FaultScenario.ABSENT);
  }
}
