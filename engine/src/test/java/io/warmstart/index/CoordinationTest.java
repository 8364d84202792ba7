package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The shared file is a hint: somebody deletes, replaces or scribbles over it, or over the whole
 * engine directory, while stores save. No save fails, no JVM dies, and all attach anew.
 */
@Timeout(240)
class CoordinationTest {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final int ROUNDS = 2;

  @TempDir Path parent;

  /** Does its worst to an engine directory. */
  private interface Vandalism {
    void strike(Path engineDirectory) throws IOException;
  }

  private static void delete(Path engineDirectory) throws IOException {
    Files.deleteIfExists(CoordinationFile.in(engineDirectory));
  }

  private static void deleteLocks(Path engineDirectory) throws IOException {
    Files.deleteIfExists(engineDirectory.resolve(LockFile.NAME));
  }

  private static void replace(Path engineDirectory) throws IOException {
    Path other = Files.write(engineDirectory.resolve("other"), new byte[4096]);
    Files.move(other, CoordinationFile.in(engineDirectory), StandardCopyOption.REPLACE_EXISTING);
  }

  private static void removeDirectory(Path engineDirectory) throws IOException {
    try (Stream<Path> files = Files.walk(engineDirectory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (java.nio.file.DirectoryNotEmptyException | NoSuchFileException e) {
      // The stores are back already.
    }
  }

  /** Flips bits, half of them in the lock words, where they hurt most. */
  private static void flipBits(Path engineDirectory, Random random) throws IOException {
    CoordinationFile.patch(
        engineDirectory,
        buffer -> {
          for (int flip = 0; flip < 2000; flip++) {
            int offset =
                random.nextBoolean()
                    ? random.nextInt(CoordinationLayout.FILE_LENGTH)
                    : CoordinationLayout.stripeOffset(
                            random.nextInt(CoordinationLayout.KEY_STRIPES + 1))
                        + random.nextInt(8);
            buffer.put(offset, (byte) (buffer.get(offset) ^ 1 << random.nextInt(8)));
          }
        });
  }

  @Test
  void whateverBecomesOfTheSharedFileNoSaveFailsAndAllAttachAnew() throws Exception {
    long seed = Long.getLong("warmstart.seed", System.nanoTime());
    System.out.println("random test: -Dwarmstart.seed=" + seed);
    Random random = new Random(seed);
    Path root = Files.createDirectory(parent.resolve("root"));
    // Interpreted and compiled code meet a lost page differently.
    try (ForkedJvm interpreted = fork(root, "-Xint");
        ForkedJvm compiled = fork(root, "-XX:+TieredCompilation")) {
      Map<String, Vandalism> worst = new LinkedHashMap<>();
      worst.put("delete", CoordinationTest::delete);
      // Not truncated: between the question for the length and the access a truncation still kills
      // the JVM (docs/concurrency.md), now and then.
      worst.put("replace", CoordinationTest::replace);
      worst.put("delete the locks", CoordinationTest::deleteLocks);
      worst.put("flip bits", directory -> flipBits(directory, random));
      worst.put("remove the directory", CoordinationTest::removeDirectory);
      Path engineDirectory = root.resolve(".warmstart");
      for (int round = 0; round < ROUNDS; round++) {
        for (Map.Entry<String, Vandalism> vandalism : worst.entrySet()) {
          vandalism.getValue().strike(engineDirectory);
          // In the middle of some saves, and then after their files are back.
          interpreted.awaitLine("saved");
          compiled.awaitLine("saved");
          await(() -> CoordinationFile.isWhole(engineDirectory), vandalism.getKey());
        }
      }
      interpreted.tell();
      compiled.tell();
      assertEquals("failures=0", interpreted.awaitLine("done"));
      assertEquals("failures=0", compiled.awaitLine("done"));
      awaitAttached(engineDirectory, interpreted);
      awaitAttached(engineDirectory, compiled);
    }
  }

  private static ForkedJvm fork(Path root, String flag) throws Exception {
    ForkedJvm saver = ForkedJvm.command(SaverChild.class, root.toString()).flag(flag).start();
    saver.awaitLine("saved");
    return saver;
  }

  /** A store that is attached tells its row; the rows of both are held. */
  private static void awaitAttached(Path engineDirectory, ForkedJvm saver) throws Exception {
    assertTrue(CoordinationFile.isWhole(engineDirectory));
    saver.tell();
    assertEquals("2", saver.awaitLine("live"));
  }

  private static void await(java.util.function.BooleanSupplier condition, String what) {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() - deadline < 0, what);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
    }
  }
}
