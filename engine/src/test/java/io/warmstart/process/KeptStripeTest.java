package io.warmstart.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.index.IndexChild;
import io.warmstart.index.IndexRoot;
import io.warmstart.mapped.ControlLayout;
import io.warmstart.model.StoreCounter;
import io.warmstart.process.StripeLocks.Hold;
import io.warmstart.testing.Await;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A stripe that a process keeps is had by one at a time all the same, and nobody waits for it. */
@Tag("slow")
@Tag("once")
@Timeout(120)
class KeptStripeTest extends LockedStripe {
  private static final int BIAS = ControlLayout.stripeOffset(STRIPE) + ControlLayout.BIAS_OFFSET;
  private static final int IN_USE =
      ControlLayout.stripeOffset(STRIPE) + ControlLayout.BIAS_IN_USE_OFFSET;

  private ForkedJvm forkKeeper() throws Exception {
    ForkedJvm keeper = ForkedJvm.start(KeptStripeChild.class, "keep", directory.toString(), "5");
    keeper.awaitLine("kept");
    return keeper;
  }

  private static void holds(ForkedJvm keeper) throws Exception {
    keeper.tell();
    assertEquals("true", keeper.awaitLine("held"));
  }

  private static void letsGo(ForkedJvm keeper) throws Exception {
    keeper.tell();
    keeper.awaitLine("released");
  }

  private ForkedJvm forkThird() throws Exception {
    return ForkedJvm.start(IndexChild.class, "try", directory.toString());
  }

  /** Whether one more process gets the stripe. */
  private static boolean gets(ForkedJvm third) throws Exception {
    third.tell();
    return third.awaitLine("tried").startsWith("true");
  }

  /** Strikes while the one that keeps the stripe is in it. */
  private void assertNobodyGetsIn(
      ForkedJvm keeper, ForkedJvm third, ControlFileVandal.Vandalism vandalism) throws Exception {
    holds(keeper);
    vandalism.strike(directory);
    assertFalse(gets(third));
    letsGo(keeper);
    assertIsHad();
  }

  /** Stops it while it keeps the stripe, and is not in it. */
  private void stopOutside(ForkedJvm keeper) throws Exception {
    keeper.stop();
    while (!Biases.isOne(bias())
        || self.controlFile().biasInUse(STRIPE) != Biases.notInUse(bias())) {
      keeper.goOn();
      Thread.sleep(10);
      keeper.stop();
    }
  }

  /** 0 while this process has no coordination file. */
  private long bias() {
    ControlFile file = self.processTable.current();
    return file == null ? 0 : file.bias(STRIPE);
  }

  private void assertIsHad() {
    try (Hold hold = self.stripes.acquire(IndexRoot.key(0))) {
      assertTrue(hold.heldAcrossProcesses());
      assertNull(hold.brokenIntent());
    }
  }

  @Test
  void aStripeThatIsTakenAgainAndAgainIsKeptUntilItIsNot() {
    assertIsHad();
    assertEquals(Biases.NONE, bias(), "taken once");

    Await.until(
        "it is kept, and taken so",
        () -> {
          KeptStripeChild.keep(self, IndexRoot.key(0));
          long kept = bias();
          assertIsHad();
          return Biases.isOne(kept) && kept == bias();
        });

    Await.until("it is given back", () -> bias() == Biases.NONE);
    assertIsHad();
  }

  /** Its lock would hold up all others until it goes on, if that was all. */
  @Test
  void aProcessThatIsStoppedBetweenTwoOperationsHoldsNobodyUp() throws Exception {
    reattach(SHORT_NANOS);
    try (ForkedJvm keeper = forkKeeper()) {
      stopOutside(keeper);
      for (int i = 0; i < 3; i++) {
        assertIsHad();
      }
      assertTrue(Biases.isRevoked(bias()), "its lock is held by the one that is stopped");
      try (Hold hold = self.stripes.acquire(IndexRoot.key(0));
          ForkedJvm third = forkThird()) {
        assertTrue(hold.heldAcrossProcesses());
        assertFalse(gets(third), "by another one that revokes");
      }
      keeper.goOn();
      holds(keeper);
      letsGo(keeper);
    }
    assertEquals(0, self.counters.own(StoreCounter.LOCK_TIMEOUTS));
    assertEquals(0, self.counters.own(StoreCounter.LOCK_BREAKS));
  }

  @Test
  void aProcessThatIsStoppedInAnOperationIsNotRobbed() throws Exception {
    reattach(SHORT_NANOS);
    try (ForkedJvm keeper = forkKeeper()) {
      holds(keeper);
      keeper.stop();
      for (int i = 1; i <= 2; i++) {
        try (Hold hold = self.stripes.acquire(IndexRoot.key(0))) {
          assertFalse(hold.heldAcrossProcesses());
        }
        assertEquals(i, self.counters.own(StoreCounter.LOCK_TIMEOUTS));
      }
      keeper.goOn();
      letsGo(keeper);
      assertIsHad();
      holds(keeper);
    }
  }

  @Test
  void theDeathOfTheOneThatKeepsItIsToldWithItsKey() throws Exception {
    try (ForkedJvm keeper = forkKeeper()) {
      holds(keeper);
      keeper.kill();
      try (Hold hold = self.stripes.acquire(IndexRoot.key(0))) {
        assertTrue(hold.heldAcrossProcesses());
        assertEquals(IndexRoot.key(5), hold.brokenIntent());
        assertEquals(Biases.NONE, bias());
        hold.announce(IndexRoot.key(0));
      }
    }
    try (ForkedJvm keeper = forkKeeper()) {
      stopOutside(keeper);
      keeper.kill();
      assertIsHad();
    }
    assertEquals(1, self.counters.own(StoreCounter.LOCK_BREAKS));
  }

  private enum Strike {
    NONE,
    THE_WORD_TO_ZERO,
    THE_FILE_TO_ZEROS,
    THE_FILE_DELETED
  }

  /**
   * The one works under the revocation byte, while the one that keeps the stripe's own dies, and
   * what is said of the two is lost.
   */
  @ParameterizedTest
  @EnumSource(Strike.class)
  void whoTakesItAwayHasItAlsoOnceTheOtherHasDied(Strike strike) throws Exception {
    try (ForkedJvm keeper = forkKeeper()) {
      stopOutside(keeper);
      try (ForkedJvm third = forkThird()) {
        try (Hold hold = self.stripes.acquire(IndexRoot.key(0))) {
          assertTrue(Biases.isRevoked(bias()), "under the revocation byte");
          switch (strike) {
            case NONE -> {}
            case THE_WORD_TO_ZERO ->
                ControlFileVandal.patch(directory, file -> file.putLong(BIAS, 0));
            case THE_FILE_TO_ZEROS -> ControlFileVandal.zero(directory);
            case THE_FILE_DELETED -> {
              ControlFile before = self.controlFile();
              Files.delete(ControlFileVandal.in(directory));
              Await.until(
                  "it is made again",
                  () -> {
                    ControlFile now = self.processTable.current();
                    return now != null && now != before;
                  });
            }
          }
          keeper.kill();
          assertFalse(gets(third));
          assertTrue(hold.heldAcrossProcesses());
        }
        Await.until("it is free", () -> gets(third));
      }
    }
  }

  /** Whoever does not get its lock does not believe that its owner is dead. */
  @Test
  void aProcessWhoseRowIsScribbledOverIsNotRobbed() throws Exception {
    try (ForkedJvm keeper = forkKeeper();
        ForkedJvm third = forkThird()) {
      assertNobodyGetsIn(
          keeper,
          third,
          engineDirectory -> {
            int row = ControlLayout.rowOffset((int) (bias() >>> 32 & 0xffff));
            int epoch = row + ControlLayout.EPOCH_OFFSET;
            ControlFileVandal.patch(
                engineDirectory, file -> file.putLong(epoch, file.getLong(epoch) ^ 4));
          });
    }
  }

  /** One that cannot attach again keeps nothing, though nobody is to see it in the file. */
  @Test
  void nothingIsKeptWhereThereIsNoCoordinationFileToBeHad() throws Exception {
    try (ForkedJvm keeper = forkKeeper()) {
      Path file = ControlFileVandal.in(directory);
      Files.delete(file);
      Files.createDirectories(file.resolve("in the way"));
      Await.until("the stripe is free", this::isHad);
      holds(keeper);
      letsGo(keeper);
      Await.until("it is free again", this::isHad);
    }
  }

  private boolean isHad() {
    try (Hold hold = self.stripes.acquireBriefly(IndexRoot.key(0))) {
      return hold.heldAcrossProcesses();
    }
  }

  @Test
  void aHoldThatHasEndedSaysNothingOfTheNextOne() {
    Hold first = self.stripes.acquire(IndexRoot.key(0));
    first.close();
    try (Hold second = self.stripes.acquire(IndexRoot.key(0))) {
      assertTrue(second.heldAcrossProcesses());
      assertFalse(first.heldAcrossProcesses());
      first.close();
      assertTrue(second.heldAcrossProcesses());
    }
  }

  @Test
  void aThreadThatHasItAlreadyTimesOut() throws Exception {
    reattach(SHORT_NANOS);
    KeptStripeChild.keep(self, IndexRoot.key(0));
    try (Hold outer = self.stripes.acquire(IndexRoot.key(0))) {
      try (Hold inner = self.stripes.acquire(IndexRoot.key(0))) {
        assertFalse(inner.heldAcrossProcesses());
      }
      assertTrue(outer.heldAcrossProcesses());
    }
    assertEquals(1, self.counters.own(StoreCounter.LOCK_TIMEOUTS));
  }

  /** The heartbeat of the one that keeps it finds that it is wanted, and that it is had. */
  @Test
  void whoTakesItAwayHasItUntilHeReleasesIt() throws Exception {
    try (ForkedJvm keeper = forkKeeper();
        ForkedJvm third = forkThird()) {
      holds(keeper);
      letsGo(keeper);
      long releasedAt;
      try (Hold hold = self.stripes.acquire(IndexRoot.key(0))) {
        assertTrue(hold.heldAcrossProcesses());
        keeper.tell();
        for (int heartbeat = 0; heartbeat < 4; heartbeat++) {
          Thread.sleep(250);
          assertFalse(gets(third));
        }
        assertTrue(hold.heldAcrossProcesses());
        releasedAt = System.nanoTime();
      }
      assertEquals("true", keeper.awaitLine("held"));
      // The clock of all processes of the machine.
      assertTrue(Long.parseLong(keeper.awaitLine("since")) - releasedAt >= 0);
    }
  }

  @Test
  void processesThatTakeItInTurnsExcludeEachOther() throws Exception {
    int turns = 30;
    Path file = parent.resolve("counter");
    Files.write(file, new byte[8]);
    try (ForkedJvm one = forkTurns(file, turns);
        ForkedJvm two = forkTurns(file, turns)) {
      one.tell();
      two.tell();
      long all = KeptStripeChild.countInTurns(self, file, turns);
      for (ForkedJvm each : List.of(one, two)) {
        assertEquals("0", each.awaitLine("without"));
        all += Integer.parseInt(each.awaitLine("counted"));
      }
      assertEquals(100 * all, IndexChild.map(file).getLong(0));
    }
    assertEquals(0, self.counters.own(StoreCounter.LOCK_BREAKS));
  }

  private ForkedJvm forkTurns(Path file, int turns) throws Exception {
    ForkedJvm child =
        ForkedJvm.start(
            KeptStripeChild.class,
            "turns",
            directory.toString(),
            file.toString(),
            Integer.toString(turns));
    child.awaitLine("ready");
    return child;
  }

  /** What a vandal writes lets nobody in while it is in use, and is forgotten afterwards. */
  @Test
  void wordsThatNobodyCanHaveWrittenLetNobodyIn() throws Exception {
    long[][] words = {{0, 0}, {0, -1}, {-1, 0}, {1, 1}, {1L << 32 | 1, ~(1L << 32 | 1)}, {-2, 7}};
    try (ForkedJvm keeper = forkKeeper();
        ForkedJvm third = forkThird()) {
      for (long[] each : words) {
        assertNobodyGetsIn(
            keeper,
            third,
            engineDirectory ->
                ControlFileVandal.patch(
                    engineDirectory,
                    file -> {
                      file.putLong(BIAS, each[0]);
                      file.putLong(IN_USE, each[1]);
                    }));
      }
      holds(keeper);
    }
  }

  @Test
  void aWordInUseThatIsScribbledOverLetsNobodyIn() throws Exception {
    try (ForkedJvm keeper = forkKeeper();
        ForkedJvm third = forkThird()) {
      assertNobodyGetsIn(
          keeper,
          third,
          engineDirectory ->
              ControlFileVandal.patch(engineDirectory, file -> file.putLong(IN_USE, 0)));
    }
  }

  @Test
  void withoutTheCoordinationFileTheLocksKeepOthersOut() throws Exception {
    try (ForkedJvm keeper = forkKeeper();
        ForkedJvm third = forkThird()) {
      assertNobodyGetsIn(
          keeper, third, engineDirectory -> ControlFileVandal.truncate(engineDirectory, 0));
      holds(keeper);
    }
  }

  /** One that cannot see the bias waits for the lock: while there is one, none is kept. */
  @Test
  void nothingIsKeptBesideAProcessWithoutTheCoordinationFile() throws Exception {
    try (ForkedJvm other = ForkedJvm.start(KeptStripeChild.class, "unattached", "" + directory)) {
      assertEquals("true", other.awaitLine("said"));
      Await.until(
          "no stripe is kept",
          () -> {
            for (int i = 0; i < 100; i++) {
              assertIsHad();
            }
            return bias() == Biases.NONE;
          });
      for (int i = 0; i < 100; i++) {
        assertIsHad();
        assertEquals(Biases.NONE, bias());
      }
      other.kill();
      KeptStripeChild.keep(self, IndexRoot.key(0));
    }
  }

  /** The kernel drops all locks of a process that closes any descriptor of the file. */
  @Test
  void whatKeptAStripeAndHasLostItsLocksDoesNotHaveIt() throws Exception {
    try (ForkedJvm third = forkThird()) {
      KeptStripeChild.keep(self, IndexRoot.key(0));
      FileChannel.open(directory.resolve(LockFile.NAME), StandardOpenOption.READ).close();
      Await.until("it is free", () -> gets(third));
      Await.until("nobody is named", () -> bias() == Biases.NONE);
      assertIsHad();
      Await.until(
          "the locks are taken again",
          () -> {
            KeptStripeChild.keep(self, IndexRoot.key(0));
            return self.counters.own(StoreCounter.LOCKS_LOST) == 1 && Biases.isOne(bias());
          });
    }
  }
}
