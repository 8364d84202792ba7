package io.warmstart.stress.volume;

import io.warmstart.stress.report.SourceTree;
import io.warmstart.stress.scenario.Scenarios;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs the proof of reliability. */
@Command(
    name = "volumes",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs the scenarios of the proof of reliability in turn, in each durability, and writes"
          + " volumes.json and volumes.md after each.",
      "It takes the longer the slower the machine is. Run again it goes on where it was cut off:"
          + " what the same commit has done on this machine is not done again.",
      "Exit status: 0 all passed or skipped, 1 something is wrong, 2 wrong use, 3 an error, 4 all"
          + " skipped."
    })
public final class VolumesCommand implements Callable<Integer> {
  @Option(
      names = "--results",
      paramLabel = "DIR",
      description = "Where the two files are written (default: ${DEFAULT-VALUE}).")
  private Path results = Path.of("docs", "results", "volumes");

  @Option(
      names = "--root",
      paramLabel = "DIR",
      description =
          "Where disks and roots are made (default: the system's temporary directory). What is"
              + " wrong is kept there.")
  private Path root = Path.of(System.getProperty("java.io.tmpdir"), "warmstart-stress");

  @Option(
      names = "--scale",
      paramLabel = "N",
      description = "So many times as much of each (default: ${DEFAULT-VALUE}).")
  private int scale = 1;

  @Spec private CommandSpec commandSpec;

  /** For the command line, which sets the options. */
  public VolumesCommand() {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (scale < 1) {
      throw new IllegalArgumentException("--scale: expected=at least 1 actual=" + scale);
    }
    PrintWriter out = commandSpec.commandLine().getOut();
    VolumeResults all =
        new VolumeRun(
                VolumePlan.rows(scale),
                SourceTree.commit().orElse(VolumeResults.UNKNOWN_COMMIT),
                "java -jar stress/target/warmstart-stress.jar volumes --scale " + scale,
                Scenarios::named,
                results,
                root,
                new SplittableRandom()::nextLong,
                out)
            .run();
    return all.tell(out);
  }
}
