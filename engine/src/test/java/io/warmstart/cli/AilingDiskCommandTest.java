package io.warmstart.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.MappedFiles;
import io.warmstart.SmallDisk;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line on a disk that is full, or that the kernel has given up. */
@Tag("slow")
@Tag("once")
class AilingDiskCommandTest {
  @TempDir Path parent;

  /**
   * The natural way out failed with "cannot open root: No space left on device", and nothing told
   * of the one that works.
   */
  @Test
  void aPolicyThatHasNoRoomIsSaidToHaveNoneAndAnEvictionMakesIt() throws Exception {
    try (SmallDisk disk = SmallDisk.of("tmpfs", parent, 12)) {
      Path root = disk.path().resolve("root");
      for (int each = 0; each < 8; each++) {
        CommandRun.withInput(new byte[100_000], "save", root, "text:" + each, "-").expectDone();
      }
      MappedFiles.awaitNoneUnder(root);
      disk.fillBut(0);

      CommandRun.of("policy", root, "--budget", "300K")
          .expectFailure(
              ExitCodes.ERROR,
              "the policy cannot be written, no space is left",
              "file=" + root.toRealPath().resolve(".warmstart").resolve("policy"),
              "evict --budget");
      CommandRun refused = CommandRun.of("policy", root, "--budget", "300K", "--json");
      assertEquals(
          "storage_full", CommandRun.parse(refused.err()).get("error").get("type").asText());

      // By a damaged one nothing goes, whatever is named for once: the advice was of no use.
      Path policy = root.resolve(".warmstart").resolve("policy");
      Files.writeString(policy, "{ half of");
      CommandRun.of("policy", root, "--budget", "300K")
          .expectFailure(ExitCodes.ERROR, "once that file is moved out of the root");
      Files.move(policy, parent.resolve("damaged"));

      assertEquals(ExitCodes.DONE, CommandRun.of("evict", root, "--budget", "300K").exitCode());
      CommandRun set = CommandRun.of("policy", root, "--budget", "300K").expectDone();
      assertTrue(set.out().contains("300 KiB"), set.out());
    }
  }

  /** It told all, and then failed as the root could not be synced. */
  @Test
  void aRootThatAnErrorHasClosedToAllWritersIsCounted() throws Exception {
    try (SmallDisk disk = SmallDisk.of("ext4", parent, 40)) {
      Path root = disk.path().resolve("root");
      CommandRun.withInput(new byte[100], "save", root, "text:a", "-").expectDone();
      disk.giveUp();

      CommandRun counted = CommandRun.of("stat", root);

      assertEquals(ExitCodes.DONE, counted.exitCode(), counted.err());
      assertTrue(counted.out().contains("1 under 1 key"), counted.out());
      assertEquals(1, counted.err().lines().count(), counted.err());
      assertTrue(counted.err().contains("accesses are not recorded"), counted.err());
    }
  }
}
