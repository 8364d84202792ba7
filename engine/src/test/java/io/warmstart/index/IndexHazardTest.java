package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.Entry;
import io.warmstart.WarmStartStore;
import io.warmstart.index.IndexVandal.Vandalism;
import io.warmstart.index.table.IndexFile;
import io.warmstart.index.table.IndexFiles;
import io.warmstart.index.table.StripeTotals;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Ranking;
import io.warmstart.model.VerifyReport;
import io.warmstart.testing.Rounds;
import io.warmstart.testing.Seeds;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * The index is a hint: somebody truncates, deletes, replaces or scribbles over its files while
 * stores save and look up. No JVM dies, no operation fails, no answer is wrong, nothing is evicted,
 * and the totals are right again.
 */
@Tag("slow")
@Tag("once")
@Timeout(300)
@ExtendWith(Seeds.class)
class IndexHazardTest {
  /** Until all have noticed: a heartbeat, on a busy machine, and an interval of foreign checks. */
  private static final long EXCUSED_NANOS = TimeUnit.MILLISECONDS.toNanos(2500);

  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final int STRIKES = Rounds.times(4);

  @TempDir Path parent;

  @Test
  void whateverBecomesOfTheIndexNoAnswerIsWrong(Random random) throws Exception {
    Path root = Files.createDirectory(parent.resolve("root"));
    Path other = grownIndexOfAnotherRoot();
    UnsafeBuffer record = IndexedSaverChild.map(parent.resolve("record"));
    try (ForkedJvm interpreted = fork(root, 0, "-Xint");
        ForkedJvm compiled = fork(root, 1, "-XX:+TieredCompilation")) {
      List<ForkedJvm> savers = List.of(interpreted, compiled);
      awaitChecks(savers);
      List<Map.Entry<String, Vandalism>> strikes =
          new ArrayList<>(IndexVandal.worst(random, other).entrySet());
      Collections.shuffle(strikes, random);
      for (Map.Entry<String, Vandalism> each :
          strikes.subList(0, Math.min(STRIKES, strikes.size()))) {
        System.out.println(each.getKey());
        growSoon(root);
        record.putLongVolatile(0, Long.MAX_VALUE);
        each.getValue().strike(root.resolve(".warmstart"));
        record.putLongVolatile(0, SystemEpochNanoClock.INSTANCE.nanoTime() + EXCUSED_NANOS);
        awaitChecks(savers);
      }
      for (ForkedJvm saver : savers) {
        saver.tell();
        assertEquals("failures=[]", saver.awaitLine("done"));
        assertEquals("0", saver.awaitLine("evicted"));
      }
      awaitTotal(root);
      assertFalse(Files.exists(parent.resolve("death")), "a JVM died");
    }
    assertWhole(root);
  }

  private ForkedJvm fork(Path root, int number, String flag) throws Exception {
    return ForkedJvm.command(
            IndexedSaverChild.class,
            root.toString(),
            parent.resolve("record").toString(),
            Integer.toString(number))
        .flag(flag)
        .flag("-XX:ErrorFile=" + parent.resolve("death"))
        .start();
  }

  private static void awaitChecks(List<ForkedJvm> savers) throws Exception {
    for (ForkedJvm saver : savers) {
      saver.awaitLine("checked");
    }
  }

  private Path grownIndexOfAnotherRoot() throws Exception {
    Path other = Files.createDirectory(parent.resolve("other"));
    try (WarmStartStore store = WarmStartStore.open(other)) {
      for (int n = 0; n < 2 * IndexedSaverChild.KEYS; n++) {
        store.save(IndexedSaverChild.key(n), new byte[9], EntryAttributes.checkpoint());
        store.lookup(IndexedSaverChild.key(n), Ranking.LATEST).ifPresent(Entry::close);
        growSoon(other);
      }
    }
    assertTrue(Files.exists(other.resolve(".warmstart/index-1")));
    return other.resolve(".warmstart");
  }

  /** Leaves but two pages of the first file, so that an index of a few keys has a second one. */
  private static void growSoon(Path root) throws IOException {
    Path index = root.resolve(".warmstart/index");
    if (Files.exists(index) && Files.size(index) == IndexLayout.fileLength(0)) {
      UnsafeBuffer buffer = map(index);
      int nearlyAll = IndexLayout.FIRST_PAGES - 2;
      long used = IndexFiles.usedPages(buffer.getLong(IndexLayout.PAGES_USED_OFFSET));
      if (used > 0 && used < nearlyAll) {
        buffer.putLong(IndexLayout.PAGES_USED_OFFSET, IndexFile.pagesUsed(nearlyAll));
      }
    }
  }

  private static UnsafeBuffer map(Path index) throws IOException {
    try (FileChannel channel =
        FileChannel.open(index, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      MappedByteBuffer mapped =
          channel.map(FileChannel.MapMode.READ_WRITE, 0, IndexLayout.fileLength(0));
      return new UnsafeBuffer(mapped);
    }
  }

  /** The agents count what has come into doubt. */
  private static void awaitTotal(Path root) throws IOException {
    long expected = -1;
    OptionalLong total = OptionalLong.empty();
    for (long deadline = System.nanoTime() + PATIENCE_NANOS; System.nanoTime() - deadline < 0; ) {
      Path index = root.resolve(".warmstart/index");
      if (Files.exists(index) && Files.size(index) == IndexLayout.fileLength(0)) {
        total = new StripeTotals(map(index)).total();
        expected = bytesOfKeys(root);
        if (total.equals(OptionalLong.of(expected))) {
          return;
        }
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
    assertEquals(OptionalLong.of(expected), total);
  }

  private static long bytesOfKeys(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      long bytes = 0;
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        bytes += file.startsWith(root.resolve(".warmstart")) ? 0 : Files.size(file);
      }
      return bytes;
    } catch (NoSuchFileException | UncheckedIOException e) {
      // The manifest of a touch, on its way.
      return -1;
    }
  }

  private static void assertWhole(Path root) throws Exception {
    try (WarmStartStore fresh = WarmStartStore.open(root, IndexedSaverChild.options())) {
      VerifyReport repaired = fresh.repair();
      for (VerifyReport.Problem problem : repaired.problems()) {
        // A record that nobody has come across since: the files are whole.
        assertEquals("index", problem.kind(), problem::toString);
        assertTrue(problem.repaired(), problem::toString);
      }
      VerifyReport report = fresh.verify();
      assertTrue(report.clean(), () -> report.problems().toString());
      assertEquals(IndexedSaverChild.KEYS, fresh.keys().size());
      assertEquals(IndexedSaverChild.KEYS * 4L, fresh.inspect().entries());
    }
  }
}
