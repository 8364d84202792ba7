package io.warmstart.stress.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.warmstart.model.Durability;
import io.warmstart.stress.frame.Verdict;
import io.warmstart.stress.mount.Disks;
import io.warmstart.stress.scenario.Scenarios;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows such as those of the plan, for a second each. */
@Tag("slow")
@Tag("once")
class ShortVolumesTest {
  @TempDir Path directory;

  @Test
  void rowsInMemoryAndOnDisksOfTheirOwnPass() throws Exception {
    List<VolumeRow> plan =
        List.of(
            new VolumeRow("eviction-race", Durability.PROCESS_SAFE, Disks.MEMORY, 3, 1, 0),
            new VolumeRow("overwrite-read", Durability.IN_FILES, "ext4", 3, 1, 500));
    StringWriter said = new StringWriter();

    VolumeResults all =
        new VolumeRun(
                plan,
                VolumeResults.UNKNOWN_COMMIT,
                "volumes",
                Scenarios::named,
                directory.resolve("results"),
                directory.resolve("roots"),
                () -> Long.getLong("warmstart.seed", 20_261_130),
                new PrintWriter(said))
            .run();

    assertEquals(
        List.of(),
        all.rows().stream().filter(row -> row.verdict() == Verdict.FAILED).toList(),
        said::toString);
    String page = Files.readString(directory.resolve("results").resolve(VolumeResults.PAGE));
    assertEquals(plan.size(), page.lines().filter(line -> line.contains("--seed ")).count(), page);
    assumeTrue(
        all.rows().stream().allMatch(row -> row.verdict() == Verdict.PASSED), said::toString);
  }
}
