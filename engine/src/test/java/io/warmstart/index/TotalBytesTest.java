package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.io.FileOps;
import io.warmstart.io.NioFileOps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each process adds in its own row; the sum is the root's. */
class TotalBytesTest {
  @TempDir Path parent;
  private final FileOps ops = new NioFileOps();
  private Path file;

  @BeforeEach
  void makeFile() throws IOException {
    file = Files.write(parent.resolve("file"), new byte[CoordinationLayout.FILE_LENGTH]);
    map(0).initialise();
  }

  private Coordination map(int row) throws IOException {
    try (FileOps.FileHandle open = ops.openForWriting(file)) {
      Coordination mapped =
          new Coordination(
              open.mapShared(CoordinationLayout.FILE_LENGTH), open.facts(), 42, new Object());
      mapped.claim(row, 1, 1, 1);
      return mapped;
    }
  }

  private static void assertKnown(long expected, Coordination mapped) {
    assertEquals(OptionalLong.of(expected), mapped.totalBytes().known());
  }

  private static void assertUnknown(Coordination mapped) {
    assertEquals(OptionalLong.empty(), mapped.totalBytes().known());
  }

  @Test
  void theTotalIsTheSumOfWhatAllHaveAddedSinceAWalkCounted() throws IOException {
    Coordination one = map(0);
    Coordination two = map(7);
    one.totalBytes().add(10);
    assertUnknown(one);
    one.totalBytes().beginWalk().correct(1000);
    assertKnown(1000, two);
    two.totalBytes().add(5);
    one.totalBytes().add(-300);
    assertKnown(705, one);
    assertKnown(705, two);
  }

  @Test
  void theNextOwnerOfARowGoesOnFromWhatItFinds() throws IOException {
    Coordination first = map(3);
    first.totalBytes().beginWalk().correct(1000);
    first.totalBytes().add(50);
    Coordination next = map(3);
    assertKnown(1050, next);
    next.totalBytes().add(50);
    assertKnown(1100, next);
  }

  @Test
  void whatIsAddedDuringAWalkStaysOnTop() throws IOException {
    Coordination one = map(0);
    Coordination two = map(1);
    TotalBytes.Walk walk = one.totalBytes().beginWalk();
    two.totalBytes().add(70);
    walk.correct(1000);
    assertKnown(1070, one);
  }

  /** A death that was found while a sweep walked was forgotten when the sweep ended. */
  @Test
  void aDoubtThatComesUpDuringAWalkOutlivesIt() throws IOException {
    Coordination one = map(0);
    Coordination two = map(1);
    TotalBytes.Walk walk = one.totalBytes().beginWalk();
    two.totalBytes().doubt();
    walk.correct(1000);
    assertUnknown(one);
    assertUnknown(two);
    two.totalBytes().beginWalk().correct(1000);
    assertKnown(1000, one);
  }

  /**
   * A sweep that was stopped for longer than its siblings wait corrected what they had corrected.
   */
  @Test
  void oneErrorIsCorrectedByOneOfTwoWalks() throws IOException {
    Coordination one = map(0);
    Coordination two = map(1);
    TotalBytes.Walk slow = one.totalBytes().beginWalk();
    TotalBytes.Walk fast = two.totalBytes().beginWalk();
    fast.correct(1000);
    slow.correct(1000);
    assertKnown(1000, one);
  }

  @Test
  void aTotalBelowNothingIsNotKnown() throws IOException {
    Coordination one = map(0);
    one.totalBytes().beginWalk().correct(1000);
    one.totalBytes().add(-1001);
    assertUnknown(one);
  }

  @Test
  void threadsOfAProcessLoseNoAddition() throws Exception {
    Coordination one = map(0);
    one.totalBytes().beginWalk().correct(0);
    List<Thread> threads = new ArrayList<>();
    for (int thread = 0; thread < 3; thread++) {
      threads.add(
          new Thread(
              () -> {
                for (int i = 0; i < 20_000; i++) {
                  one.totalBytes().add(1);
                }
              }));
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    assertKnown(60_000, one);
  }
}
