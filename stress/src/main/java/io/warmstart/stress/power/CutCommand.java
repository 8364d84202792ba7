package io.warmstart.stress.power;

import io.warmstart.stress.fault.FaultPoint;
import io.warmstart.stress.mount.CutDisk;
import io.warmstart.stress.mount.LoopDisk;
import io.warmstart.stress.mount.StrictDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Cuts the power again and again, in a process whose syncs can be made to do nothing. */
@Command(name = CutCommand.NAME, hidden = true, description = "The process that cuts the power.")
public final class CutCommand implements Callable<Integer> {
  /** Its name on the command line. */
  public static final String NAME = "cut";

  /**
   * What it says of each cycle: the operation, how many entries it looked for, how many it lost,
   * how many saves had gone into the journal, and how many runs have gone back to an older version.
   */
  public static final String CYCLE = "cycle ";

  /** What it says of each loss. */
  public static final String LOSS = "loss ";

  /** The file system that keeps only what it must. */
  public static final String STRICT = "strict";

  private static final long IMAGE_MEGABYTES_EXT4 = 64;
  private static final long IMAGE_MEGABYTES_XFS = 320;

  @Parameters(paramLabel = "PLAN")
  private String planJson;

  @Override
  public Integer call() throws IOException, InterruptedException {
    CutPlan plan = CutPlan.fromJson(planJson);
    Path directory = Path.of(plan.directory());
    FaultPoint faultPoint = FaultPoint.at(faultPointFile(directory));
    SplittableRandom random = new SplittableRandom(plan.seed());
    // FUSE may be anybody's network: the store shares no memory there.
    Path memory =
        plan.fileSystem().equals(STRICT)
            ? Files.createDirectories(directory.resolve("memory"))
            : null;
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(plan.seconds());
    List<LastOperation> operations = LastOperation.with(plan.leftOut(), plan.journalled());
    // So that short turns come to all of them.
    int first = random.nextInt(operations.size());
    for (int i = 0; i < plan.cycles() && System.nanoTime() < deadline; i++) {
      LastOperation last = operations.get((first + i) % operations.size());
      try (CutDisk disk = disk(plan.fileSystem(), directory)) {
        CutCycle cycle = new CutCycle(plan, disk, memory, last, random.split(), faultPoint);
        AfterCut found = cycle.run();
        found
            .losses()
            .forEach(loss -> System.out.println(LOSS + (loss + ' ' + disk.lastCut()).strip()));
        System.out.printf(
            Locale.ROOT,
            "%s%s %d %d %d %d%n",
            CYCLE,
            last,
            found.checked(),
            found.losses().size(),
            cycle.journalled(),
            found.wentBack());
        if (plan.leftOut() != CutPlan.Sync.NONE && !found.losses().isEmpty()) {
          // One is enough to show that a loss is seen.
          return 0;
        }
      }
    }
    return 0;
  }

  private static CutDisk disk(String fileSystem, Path directory)
      throws IOException, InterruptedException {
    return switch (fileSystem) {
      // What docs/durability.md says that the store rests on.
      case STRICT -> StrictDisk.make(directory, StrictDisk.FileSync.BYTES_AND_NAME);
      case "xfs" -> LoopDisk.make(directory, fileSystem, IMAGE_MEGABYTES_XFS);
      default -> LoopDisk.make(directory, fileSystem, IMAGE_MEGABYTES_EXT4);
    };
  }

  /** The fault point that its starter passes to its shim. */
  public static Path faultPointFile(Path directory) {
    return directory.resolve("fault-point");
  }
}
