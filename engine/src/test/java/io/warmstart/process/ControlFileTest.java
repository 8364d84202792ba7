package io.warmstart.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.Entry;
import io.warmstart.WarmStartStore;
import io.warmstart.index.ForkedJvm;
import io.warmstart.index.SaverChild;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.model.VerifyReport;
import io.warmstart.process.ControlFileVandal.Vandalism;
import io.warmstart.testing.Await;
import io.warmstart.testing.Rounds;
import io.warmstart.testing.Seeds;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * The shared file is a hint: somebody truncates, deletes, replaces or scribbles over it, or over
 * the whole engine directory, while stores save and look up. No JVM dies, no operation fails or
 * takes long, nothing that was acknowledged is lost, and all attach again.
 */
@Tag("slow")
@Timeout(240)
@ExtendWith(Seeds.class)
class ControlFileTest {
  private static final int ROUNDS = Rounds.times(1);

  @TempDir Path parent;

  @Test
  void whateverBecomesOfTheSharedFileNothingFailsAndNothingIsLost(Random random) throws Exception {
    Path root = Files.createDirectory(parent.resolve("root"));
    Path engineDirectory = root.resolve(".warmstart");
    List<String> acknowledged = new ArrayList<>();
    // Interpreted and compiled code meet a lost page differently.
    try (ForkedJvm interpreted = fork(root, "-Xint");
        ForkedJvm compiled = fork(root, "-XX:+TieredCompilation")) {
      List<ForkedJvm> savers = List.of(interpreted, compiled);
      for (int round = 0; round < ROUNDS; round++) {
        for (Map.Entry<String, Vandalism> each : ControlFileVandal.worst(random).entrySet()) {
          // At another moment of the savers' work each time.
          LockSupport.parkNanos(random.nextLong(TimeUnit.MILLISECONDS.toNanos(5)));
          each.getValue().strike(engineDirectory);
          // In the middle of some saves, and then after their files are back.
          for (ForkedJvm saver : savers) {
            saver.awaitLine("saved");
          }
          Await.until(
              "it is whole after " + each.getKey(),
              () -> ControlFileVandal.isWhole(engineDirectory));
        }
      }
      for (ForkedJvm saver : savers) {
        saver.tell();
        assertEquals("failures=[]", saver.awaitLine("done"));
        long slowestMillis = Long.parseLong(saver.awaitLine("slowest"));
        // Far more than a busy machine costs: a look for something that hangs.
        assertTrue(slowestMillis < 15_000, "slowest: " + slowestMillis + " ms");
        for (int each = 0; each < SaverChild.THREADS * SaverChild.KEYS; each++) {
          acknowledged.add(saver.awaitLine("acknowledged"));
        }
      }
      for (ForkedJvm saver : savers) {
        awaitAttached(saver);
      }
      assertFalse(Files.exists(parent.resolve("death")), "a JVM died");
    }
    assertAllIsFound(root, acknowledged);
  }

  private ForkedJvm fork(Path root, String flag) throws Exception {
    ForkedJvm saver =
        ForkedJvm.command(SaverChild.class, root.toString())
            .flag(flag)
            .flag("-XX:ErrorFile=" + parent.resolve("death"))
            .start();
    saver.awaitLine("saved");
    return saver;
  }

  /** A store that is attached tells its row; the rows of both are held. */
  private static void awaitAttached(ForkedJvm saver) throws Exception {
    saver.tell();
    assertEquals("2", saver.awaitLine("live"));
  }

  private static void assertAllIsFound(Path root, List<String> acknowledged) throws Exception {
    try (WarmStartStore fresh = WarmStartStore.open(root)) {
      // What the dead have left in the journal becomes pairs.
      assertFalse(fresh.keys().isEmpty());
      for (String line : acknowledged) {
        String[] words = line.split(" ", -1);
        Path payload = root.resolve(words[0]).resolve(words[1] + ".bin");
        assertEquals(words[1] + ":" + words[2], Files.readString(payload), line);
        try (Entry entry =
            fresh.lookup(Fingerprint.fromHex(words[0]), Ranking.LATEST).orElseThrow()) {
          assertTrue(entry.payloadLength() > 0);
        }
      }
      fresh.evictOverflow();
      VerifyReport report = fresh.verify();
      assertTrue(report.clean(), () -> report.problems().toString());
    }
  }
}
