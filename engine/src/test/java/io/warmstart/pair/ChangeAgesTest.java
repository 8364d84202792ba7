package io.warmstart.pair;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.NioFileOps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How old files are, whatever time somebody has given them and however the clock was set. */
class ChangeAgesTest {
  private static final long HOUR = TimeUnit.HOURS.toNanos(1);

  @TempDir Path directory;
  private final AtomicLong offset = new AtomicLong();
  private final AtomicLong monotonic = new AtomicLong(5);
  private final ChangeAges ages =
      new ChangeAges(
          new NioFileOps(),
          () -> SystemEpochNanoClock.INSTANCE.nanoTime() + offset.get(),
          monotonic::get);
  private Path file;

  @BeforeEach
  void make() throws IOException {
    file = Files.writeString(directory.resolve("file"), "x");
  }

  @Test
  void mtimeThatSomebodyHasSetTellsNothing() throws IOException {
    Files.setLastModifiedTime(file, FileTime.fromMillis(0));
    assertTrue(ages.ageNanos(file) < HOUR);
    Files.setLastModifiedTime(file, FileTime.fromMillis(System.currentTimeMillis() + 86_400_000));
    offset.set(HOUR);
    assertTrue(ages.ageNanos(file) >= HOUR);
  }

  @Test
  void renameMakesAFileYoung() throws IOException {
    offset.set(HOUR);
    assertTrue(ages.isOlder(file, HOUR));
    Path renamed = Files.move(file, directory.resolve("renamed"));
    offset.set(0);
    assertTrue(ages.ageNanos(renamed) < HOUR);
  }

  /** Without that, what was abandoned before a clock was set back by a year stayed for a year. */
  @Test
  void fileFromTheFutureIsAsOldAsItHasBeenSeenUnchanged() throws IOException {
    offset.set(-HOUR);
    assertEquals(0, ages.ageNanos(file));
    monotonic.addAndGet(7);
    assertEquals(7, ages.ageNanos(file));
    Files.writeString(file, "another");
    assertEquals(0, ages.ageNanos(file));
    monotonic.addAndGet(9);
    assertEquals(9, ages.ageNanos(file));
  }

  @Test
  void fileThatIsGoneIsNotOld() throws IOException {
    Files.delete(file);
    assertEquals(false, ages.isOlder(file, 0));
  }
}
