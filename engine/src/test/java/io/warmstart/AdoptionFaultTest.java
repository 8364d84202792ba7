package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.FaultyFileOps;
import io.warmstart.io.FaultyFileOps.Fault;
import io.warmstart.io.ObservedFileOps.FileOp;
import io.warmstart.model.StoreException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Who comes to the journal of a dead process, or reads it, meets a fault at any operation on it: at
 * that one alone, or from it on; before a reboot or after. The error changes with the index; {@code
 * -Dwarmstart.all=true} tries each.
 */
@Tag("slow")
@Tag("once")
class AdoptionFaultTest extends JournalFaultFixture {
  /** Where what a dead process has left may be looked at: its segment, and the keys' pairs. */
  private boolean isOfAdoption(FileOp op) {
    return isOfJournal(op)
        || runs.stream().anyMatch(run -> op.path().startsWith(root.resolve(run.key.toHex())));
  }

  /** The next store on the root finds all that was saved, and makes pairs of it. */
  @ParameterizedTest
  @MethodSource("faults")
  void adoption(boolean persistent, boolean rebooted) throws IOException {
    // Each index in one of the two ways.
    for (long index = rebooted ? 1 : 0; ; index += persistent && !ALL ? 4 : ALL ? 1 : 2) {
      leaveSegment(rebooted);
      Fault fault = at(index, persistent);
      FaultyFileOps ops = new FaultyFileOps();
      ops.countAllThreads();
      ops.onlyAt(this::isOfAdoption);
      ops.arm(fault, persistent, index, root);
      try (Round round = new Round(ops, false)) {
        runs.forEach(round::look);
        try {
          round.powerSafe.contents(a.key);
        } catch (StoreException e) {
          round.thrown = e;
        }
        runs.forEach(round::look);
        ops.disarm();
        assertEquals(List.of(), ops.violations());
        checkFound(round.powerSafe);
        for (SavedVersions run : runs) {
          round.powerSafe.contents(run.key);
          RootFiles files = RootFiles.read(root);
          String pair = files.whole.get(FaultScenario.entry(run.key, run.runId));
          assertEquals(run.latest(), pair, files::toString);
        }
        // What could not be read would be set aside, and told as lost. (That the housekeeper's own
        // try has failed meanwhile is counted, and no loss.)
        assertEquals(List.of(), segments());
        checkGoesOn(round);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError(
            fault + (persistent ? " from " : " at ") + index + " = " + ops.failed(), e);
      }
      if (ops.failed() == null) {
        assertTrue(index > 10, "operations: " + index);
        return;
      }
    }
  }

  /** Who only reads finds what was saved, or says that the root cannot be read. */
  @ParameterizedTest
  @MethodSource("faults")
  void lookups(boolean persistent, boolean rebooted) throws IOException {
    leaveSegment(rebooted);
    for (long index = 0; ; index++) {
      FaultyFileOps ops = new FaultyFileOps();
      ops.onlyAt(this::isOfJournal);
      StoreOptions options =
          StoreOptions.defaults()
              .withReadOnly(true)
              .withForeignCheckInterval(Duration.ZERO)
              .withFileOps(ops);
      try (WarmStartStore store = WarmStartStore.open(root, options)) {
        ops.arm(at(index, persistent), persistent, index, root);
        for (SavedVersions run : runs) {
          String found;
          try {
            found = run.in(store);
          } catch (StoreException e) {
            continue;
          }
          SavedVersions.check(run.allowed(), found);
        }
        ops.disarm();
        for (SavedVersions run : runs) {
          SavedVersions.check(run.allowed(), run.in(store));
        }
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError((persistent ? "from " : "at ") + index + " = " + ops.failed(), e);
      }
      if (ops.failed() == null) {
        assertTrue(index > 3, "operations: " + index);
        return;
      }
    }
  }
}
