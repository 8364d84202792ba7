package io.warmstart.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.index.IndexRoot;
import io.warmstart.mapped.ControlLayout;
import io.warmstart.testing.Await;
import io.warmstart.testing.Rounds;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Pages of the shared file go while threads are at it all the time: a store that saves touches it
 * far too seldom to meet each instruction.
 */
@Tag("slow")
@Tag("once")
@Timeout(240)
class LostCoordinationTest {
  private static final int ROUNDS = Rounds.times(4);

  @TempDir Path parent;

  private ForkedJvm fork(Path directory, String flag) throws Exception {
    ForkedJvm child =
        ForkedJvm.command(LockHammerChild.class, directory.toString())
            .flag(flag)
            .flag("-XX:ErrorFile=" + parent.resolve("death"))
            .start();
    child.awaitLine("held");
    return child;
  }

  @ParameterizedTest
  @ValueSource(strings = {"-Xint", "-XX:TieredStopAtLevel=1", "-XX:+TieredCompilation"})
  void truncationsUnderHotLocksKillNobodyAndCostNobodyATimeOut(String flag) throws Exception {
    Path directory = parent.resolve(".warmstart");
    try (ForkedJvm child = fork(directory, flag)) {
      for (int round = 0; round < ROUNDS; round++) {
        ControlFileVandal.truncate(directory, round % 2 == 0 ? 0 : 280_000);
        child.awaitLine("held");
        awaitWhole(directory);
      }
      assertEndsWell(child);
    }
  }

  /** Row and stripes are as they were: nothing but the header tells. */
  @Test
  void aHeaderThatIsScribbledOverIsMadeAnewByWhoIsAttached() throws Exception {
    Path directory = parent.resolve(".warmstart");
    try (IndexRoot self = IndexRoot.open(directory)) {
      for (int offset :
          new int[] {
            ControlLayout.MAGIC_OFFSET,
            ControlLayout.VERSION_OFFSET,
            ControlLayout.BOOT_OFFSET,
            ControlLayout.CHECK_OFFSET
          }) {
        ControlFile before = self.controlFile();
        ControlFileVandal.patch(directory, file -> file.put(offset, (byte) ~file.get(offset)));
        Await.until(
            "another is attached",
            () -> self.processTable.current() != null && self.processTable.current() != before);
        assertTrue(self.controlFile().isWhole());
      }
    }
  }

  @Test
  void whoFindsNoRoomToAttachLeavesNothingOfTheAttempt() throws Exception {
    Path mount = Files.createDirectory(parent.resolve("mount"));
    mount("mount", "-t", "tmpfs", "-o", "size=2m", "none", mount.toString());
    try {
      Path directory = mount.resolve(".warmstart");
      fill(mount.resolve("filler"));
      assertThrows(IOException.class, () -> IndexRoot.open(directory));
      assertEquals(List.of(directory.resolve(LockFile.NAME)), list(directory));
      Files.delete(mount.resolve("filler"));
      IndexRoot.open(directory).close();
    } finally {
      run("umount", "-l", mount.toString());
    }
  }

  /** A hole on a full disk is a page that cannot be had, and so is a new file. */
  @ParameterizedTest
  @ValueSource(strings = {"-Xint", "-XX:+TieredCompilation"})
  void aHoleOnAFullDiskKillsNobodyAndIsMendedWhenThereIsRoom(String flag) throws Exception {
    Path mount = Files.createDirectory(parent.resolve("mount"));
    mount("mount", "-t", "tmpfs", "-o", "size=2m", "none", mount.toString());
    try {
      Path directory = mount.resolve(".warmstart");
      try (ForkedJvm child = fork(directory, flag)) {
        ControlFileVandal.truncate(directory, 0);
        try (RandomAccessFile file =
            new RandomAccessFile(ControlFileVandal.in(directory).toFile(), "rw")) {
          fill(mount.resolve("filler"));
          file.setLength(ControlLayout.FILE_LENGTH);
        }
        for (int line = 0; line < 4; line++) {
          child.awaitLine("held");
        }
        // Longer than a heartbeat, so that the child tries to make a file where there is no room.
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(600));
        Files.delete(mount.resolve("filler"));
        awaitWhole(directory);
        assertEndsWell(child);
      }
    } finally {
      run("umount", "-l", mount.toString());
    }
  }

  private void assertEndsWell(ForkedJvm child) throws Exception {
    child.tell();
    assertEquals("failures=0 timeouts=0", child.awaitLine("done"));
    assertEquals("1", child.awaitLine("live"));
    assertFalse(Files.exists(parent.resolve("death")), "a JVM died");
  }

  private static void fill(Path filler) throws IOException {
    try (OutputStream out = Files.newOutputStream(filler)) {
      while (true) {
        out.write(new byte[4096]);
      }
    } catch (IOException e) {
      // Full.
    }
  }

  private static List<Path> list(Path directory) throws IOException {
    try (Stream<Path> names = Files.list(directory)) {
      return names.toList();
    }
  }

  private static void mount(String... command) throws Exception {
    int user = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    Assumptions.assumeTrue(user == 0, "mounting a file system takes the superuser");
    Assumptions.assumeTrue(run(command) == 0, "this container does not allow mounts");
  }

  private static int run(String... command) throws Exception {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  private static void awaitWhole(Path directory) {
    Await.until("it is whole", () -> ControlFileVandal.isWhole(directory));
  }
}
