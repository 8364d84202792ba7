package io.warmstart.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.format.Owner;
import io.warmstart.index.ForkedJvm;
import io.warmstart.index.IndexChild;
import io.warmstart.index.IndexRoot;
import io.warmstart.io.NioFileOps;
import io.warmstart.mapped.ControlLayout;
import io.warmstart.model.StoreCounter;
import io.warmstart.notice.Notices;
import io.warmstart.process.ProcessTable.Liveness;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who is alive is what the kernel says, whatever has become of the process otherwise. */
@Tag("slow")
class ProcessTableTest {
  @TempDir Path parent;
  private Path directory;
  private IndexRoot self;

  @BeforeEach
  void attach() throws IOException {
    directory = parent.resolve(".warmstart");
    self = IndexRoot.open(directory);
  }

  @AfterEach
  void leave() {
    self.close();
  }

  private ForkedJvm fork() throws IOException {
    return ForkedJvm.start(IndexChild.class, "attach", directory.toString());
  }

  private static Owner owner(ForkedJvm child) throws Exception {
    return Objects.requireNonNull(Owner.parse(child.awaitLine("owner")));
  }

  @Test
  void everyProcessHoldsARowOfItsOwnForLife() throws Exception {
    assertEquals(0, self.controlFile().row());
    assertEquals(1, self.processTable.liveProcesses());
    try (ForkedJvm first = fork();
        ForkedJvm second = fork()) {
      Owner a = owner(first);
      Owner b = owner(second);
      assertEquals(3, a.slot() + b.slot(), "rows 1 and 2");
      assertEquals(3, self.processTable.liveProcesses());

      first.kill();

      assertEquals(2, self.processTable.liveProcesses());
      assertEquals(Liveness.DEAD, self.processTable.liveness(a));
      assertEquals(Liveness.ALIVE, self.processTable.liveness(b));
    }
  }

  @Test
  void aProcessThatLeavesInOrderGivesItsRowUpWhileItLives() throws Exception {
    try (ForkedJvm other = fork()) {
      Owner before = owner(other);
      other.tell();
      other.awaitLine("left");

      assertEquals(Liveness.DEAD, self.processTable.liveness(before));
      assertEquals(1, self.processTable.liveProcesses());
    }
  }

  @Test
  void theNextHolderOfARowHasAnotherEpochAndTheOneBeforeIsDead() throws Exception {
    Owner before;
    try (ForkedJvm first = fork()) {
      before = owner(first);
      first.kill();
    }
    assertTrue(self.processTable.noticeDeaths());
    try (ForkedJvm second = fork()) {
      Owner after = owner(second);
      assertEquals(before.slot(), after.slot());
      assertTrue(after.epoch() > before.epoch());
      assertEquals(Liveness.DEAD, self.processTable.liveness(before));
      assertEquals(Liveness.ALIVE, self.processTable.liveness(after));
    }
  }

  /** A process that sweeps nothing took the row, and with it the only trace of the death. */
  @Test
  void theRowOfTheDeadIsNotTakenBeforeTheDeathIsNoticed() throws Exception {
    Owner before;
    try (ForkedJvm first = fork()) {
      before = owner(first);
      first.kill();
    }
    try (ForkedJvm second = fork()) {
      assertNotEquals(before.slot(), owner(second).slot());
      assertTrue(self.processTable.noticeDeaths());
      assertFalse(self.processTable.noticeDeaths(), "told once");
    }
  }

  @Test
  void aStoppedProcessIsAlive() throws Exception {
    try (ForkedJvm other = fork()) {
      Owner stopped = owner(other);
      other.stop();
      assertEquals(Liveness.ALIVE, self.processTable.liveness(stopped));
      other.goOn();
    }
  }

  /** The process table still shows a zombie, and Java calls it alive. */
  @Test
  void aZombieIsDead() throws Exception {
    // A parent that never asks what became of its child.
    try (ForkedJvm negligent =
        ForkedJvm.command(IndexChild.class, "attach", directory.toString())
            .through("bash", "-c", "\"$0\" \"$@\" & exec sleep 1000")
            .start()) {
      long pid = Long.parseLong(negligent.awaitLine("pid"));
      Owner owner = owner(negligent);
      ForkedJvm.signal(pid, "KILL");
      ForkedJvm.awaitState(pid, 'Z');

      // The leader of a thread group is a zombie before its last thread is gone, and the kernel
      // drops the locks with that one.
      Await.answer(Liveness.DEAD, () -> self.processTable.liveness(owner));
      ForkedJvm.awaitState(pid, 'Z');
      assertTrue(ProcessHandle.of(pid).orElseThrow().isAlive());
    }
  }

  @Test
  void ofAProcessOfAnotherBootNothingIsKnown() {
    Owner mine = self.controlFile().owner();
    assertEquals(
        Liveness.OUT_OF_REACH,
        self.processTable.liveness(new Owner(mine.slot(), mine.boot() + 1, mine.epoch())));
    assertEquals(Liveness.ALIVE, self.processTable.liveness(mine));
  }

  @Test
  void aRowOutOfRangeIsNobodys() {
    Owner mine = self.controlFile().owner();
    for (int row : new int[] {-1, ControlLayout.PROCESS_ROWS, Integer.MAX_VALUE}) {
      assertEquals(
          Liveness.ALIVE, self.processTable.liveness(new Owner(row, mine.boot(), 1)), "unproven");
    }
  }

  @Test
  void attachingAgainTakesTheSameRowInALaterEpoch() throws IOException {
    Owner before = self.controlFile().owner();
    self.close();
    self = IndexRoot.open(directory);
    Owner after = self.controlFile().owner();
    assertEquals(before.slot(), after.slot());
    assertNotEquals(before.epoch(), after.epoch());
  }

  @Test
  void afterARebootTheSharedFileIsMadeAnew() throws IOException {
    self.controlFile().count(StoreCounter.SAVES, 77);
    self.close();
    try (ProcessTable rebooted =
        ProcessTable.start(
            Placement.inRoot(directory),
            new NioFileOps(),
            SystemEpochNanoClock.INSTANCE,
            IndexRoot.BOOT + 1,
            new Notices(),
            new Counters())) {
      assertEquals(0, Objects.requireNonNull(rebooted.current()).sum(StoreCounter.SAVES));
    }
  }

  /**
   * Two containers with boot ids of their own threw each other's file out, four times a second
   * each.
   */
  @Test
  void aFileOfAnotherBootIdIsJoinedWhileAProcessHoldsARow() throws Exception {
    try (ForkedJvm other = fork()) {
      owner(other);
      self.close();
      Counters counters = new Counters();
      try (ProcessTable joined =
          ProcessTable.start(
              Placement.inRoot(directory),
              new NioFileOps(),
              SystemEpochNanoClock.INSTANCE,
              IndexRoot.BOOT + 1,
              new Notices(),
              counters)) {
        assertEquals(2, joined.liveProcesses());
        assertEquals(IndexRoot.BOOT, joined.boot());
        Owner owner = Objects.requireNonNull(joined.current()).owner();
        assertEquals(IndexRoot.BOOT, owner.boot(), "judged by the others' rows");
        assertEquals(Liveness.ALIVE, joined.liveness(owner));
      }
    }
  }

  /** A flipped bit in the header kept every later process out while one was running. */
  @Test
  void aHeaderThatNobodyCanHaveWrittenIsMadeAnewUnderRunningProcesses() throws Exception {
    try (ForkedJvm other = fork()) {
      owner(other);
      self.close();
      ControlFileVandal.patch(directory, file -> file.putInt(ControlLayout.VERSION_OFFSET, 77));
      self = IndexRoot.open(directory);
      // The other has attached to the new file.
      Await.answer(2, self.processTable::liveProcesses);
    }
  }
}
