package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.RemoteComparison;
import io.warmstart.model.RemoteState;
import io.warmstart.model.SyncDirection;
import io.warmstart.model.SyncReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A run of which no pair can be made: a file has the name of its key's directory, or another user
 * lets nobody in. Nothing went to the remote any more by it, from no process of the root.
 */
@Timeout(120)
class RemoteUnpairedTest extends RemoteFixture {
  private static final Fingerprint STUCK = Payloads.key("stuck");

  private Path inTheWay() {
    return work.resolve("one").resolve(STUCK.toHex());
  }

  private void saveWhatStaysInTheJournal(WarmStartStore one) throws IOException {
    Journalled.until(one, () -> one.save(KEY, new byte[] {1}, EntryAttributes.checkpoint()));
    Files.createFile(inTheWay());
    one.save(STUCK, new byte[] {2}, EntryAttributes.checkpoint());
  }

  private long keysThere() throws IOException {
    return objects().stream().map(each -> each.substring(0, 64)).distinct().count();
  }

  private List<Path> marks() throws IOException {
    try (Stream<Path> files = Files.list(work.resolve("one/.warmstart/remote"))) {
      return files.filter(each -> each.getFileName().toString().startsWith("pushed-")).toList();
    }
  }

  @Test
  void itKeepsNoOtherKeyFromGoingAndStaysDue() throws Exception {
    try (WarmStartStore one = machine("one")) {
      assertTrue(one.flushRemote(LONG));
      saveWhatStaysInTheJournal(one);
      one.save(Payloads.key("another"), new byte[] {3}, EntryAttributes.checkpoint());

      assertFalse(one.flushRemote(LONG));
      assertEquals(2, keysThere());
      RemoteState state = one.remote().orElseThrow();
      assertTrue(state.reachable(), state.toString());
      assertEquals(1, state.dueKeys(), state.toString());
      assertTrue(state.lastFailure().orElseThrow().startsWith("here: "), state.toString());

      Files.delete(inTheWay());
      assertTrue(one.flushRemote(LONG));
      assertEquals(3, keysThere());
    }
  }

  @Test
  void itKeepsNothingThatOthersHaveLeftFromGoingEither() throws Exception {
    try (WarmStartStore dead = WarmStartStore.open(work.resolve("one"))) {
      saveWhatStaysInTheJournal(dead);
    }
    try (WarmStartStore one = machine("one")) {
      one.save(Payloads.key("another"), new byte[] {3}, EntryAttributes.checkpoint());

      assertTrue(one.flushRemote(LONG), "all that this store has saved is there");
      assertEquals(2, keysThere());
      assertEquals(List.of(), marks(), "not all of the root is there");

      RemoteComparison look = one.compare(remote, LONG);
      assertTrue(look.reachable());
      assertTrue(look.failure().isPresent());
      assertEquals(OptionalLong.of(0), look.dueEntries());
    }
    Files.delete(inTheWay());
    try (WarmStartStore next = machine("one")) {
      assertTrue(next.flushRemote(LONG));
      assertEquals(3, keysThere());
      assertEquals(1, marks().size());
    }
  }

  @Test
  void aComparisonTransfersTheOthersAndTellsOfIt() throws Exception {
    try (WarmStartStore one = WarmStartStore.open(work.resolve("one"))) {
      saveWhatStaysInTheJournal(one);

      SyncReport report = one.sync(remote, SyncDirection.PUSH, List.of(), false);

      assertEquals(1, keysThere());
      assertEquals(1, report.problems().size(), report.toString());
      Files.delete(inTheWay());
    }
  }
}
