package io.warmstart.stress.scenario;

import io.warmstart.stress.fault.FaultPoint;
import io.warmstart.stress.fault.Shim;
import io.warmstart.stress.fork.Lines;
import io.warmstart.stress.frame.Run;
import io.warmstart.stress.frame.Scenario;
import io.warmstart.stress.frame.SkippedException;
import io.warmstart.stress.mount.LoopDisk;
import io.warmstart.stress.power.CutCommand;
import io.warmstart.stress.power.CutPlan;
import io.warmstart.stress.power.CutPlan.Sync;
import io.warmstart.stress.worker.Launch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Power cuts at the acknowledgement, on ext4 and xfs. And the proof that it would see a loss: the
 * same with each sync of the protocol left out in turn.
 */
public final class PowerCut implements Scenario {
  private static final List<String> FILE_SYSTEMS = List.of("ext4", "xfs");

  /** The syncs without which one of these file systems loses something. */
  private static final List<Sync> VISIBLE =
      List.of(Sync.PAYLOAD, Sync.MANIFEST, Sync.KEY_DIRECTORY);

  /** For each sync that is left out; the first loss ends it. */
  private static final int CYCLES_TO_SEE_A_LOSS = 24;

  private static final int CYCLES_WITHOUT_HOPE = 6;
  private static final int SHORT_SECONDS = 10;

  @Override
  public String name() {
    return "power-cut";
  }

  @Override
  public String summary() {
    return "power cuts at the acknowledgement on ext4 and xfs, and with each sync left out";
  }

  @Override
  public int defaultProcesses() {
    return 1;
  }

  @Override
  public List<String> volumes() {
    return List.of("cuts on ext4", "cuts on xfs");
  }

  @Override
  public void run(Run run) throws IOException, InterruptedException {
    LoopDisk.need("ext4");
    Path directory = run.freshDirectory("disk");
    int seconds = run.options().seconds();
    int cut = 0;
    for (String fileSystem : FILE_SYSTEMS) {
      try {
        LoopDisk.need(fileSystem);
      } catch (SkippedException e) {
        run.skip(fileSystem, String.valueOf(e.getMessage()));
        continue;
      }
      cut++;
      String cuts = "cuts on " + fileSystem;
      long least = Math.max(Math.max(2, seconds / 8), run.options().atLeast());
      run.atLeast(cuts, least);
      long share = Math.max(1, seconds / 3);
      do {
        cutAgainAndAgain(run, directory, fileSystem, share);
        run.say("%s: %d".formatted(cuts, run.counted(cuts)));
      } while (run.counted(cuts) < least && run.timeLeft() && !run.anyProblem());
    }
    if (cut > 0) {
      leaveOutEachSync(run, directory);
    }
  }

  private static void cutAgainAndAgain(Run run, Path directory, String fileSystem, long seconds)
      throws IOException, InterruptedException {
    CutPlan plan =
        new CutPlan(
            fileSystem,
            directory.toString(),
            run.random().nextLong(),
            Integer.MAX_VALUE,
            seconds,
            Sync.NONE);
    Tally tally = cut(run, plan, Map.of());
    run.count("cuts on " + fileSystem, tally.cycles);
    run.count("entries looked for on " + fileSystem, tally.checked);
    run.trials(tally.cycles, tally.losses);
    if (tally.losses > 0) {
      run.problem(fileSystem + ": " + tally.firstLoss);
    }
  }

  /**
   * ext4 and xfs make a new name durable together with the first file below it that is synced, so
   * no cut on them can tell whether the root and its parent were synced; the engine's tests do, on
   * a simulated file system that does not. Here they are tried, and what was seen is reported.
   */
  private static void leaveOutEachSync(Run run, Path directory)
      throws IOException, InterruptedException {
    Path shim;
    try {
      shim = Shim.build(directory);
    } catch (SkippedException e) {
      run.skip("each sync left out", String.valueOf(e.getMessage()));
      return;
    }
    Map<String, String> environment =
        FaultPoint.at(CutCommand.faultPointFile(directory)).environment(shim);
    int seconds = Math.max(6, run.options().seconds() / 12);
    List<Sync> syncs = List.of(Sync.values());
    if (run.options().seconds() < SHORT_SECONDS) {
      syncs = List.of(VISIBLE.get(run.random().nextInt(VISIBLE.size())));
    }
    for (Sync sync : syncs) {
      boolean hopeless = !VISIBLE.contains(sync);
      if (sync == Sync.NONE) {
        continue;
      }
      long losses = 0;
      for (String fileSystem : FILE_SYSTEMS) {
        CutPlan plan =
            new CutPlan(
                fileSystem,
                directory.toString(),
                run.random().nextLong(),
                hopeless ? CYCLES_WITHOUT_HOPE : CYCLES_TO_SEE_A_LOSS,
                seconds,
                sync);
        Tally tally = cut(run, plan, environment);
        losses += tally.losses;
        run.count("cuts without the sync of " + sync + " on " + fileSystem, tally.cycles);
        run.count("losses without the sync of " + sync + " on " + fileSystem, tally.losses);
      }
      if (!hopeless) {
        run.atLeast("losses without the sync of " + sync, 1);
        run.count("losses without the sync of " + sync, losses);
      }
    }
    run.note(
        "the syncs of the root and of its parent cannot be told from the outside on ext4 and xfs,"
            + " which make a new directory durable with the first file synced below it");
  }

  private static final class Tally {
    long cycles;
    long checked;
    long losses;
    String firstLoss = "";

    boolean hear(String line) {
      if (line.startsWith(CutCommand.CYCLE)) {
        List<String> words = List.of(line.split(" ", -1));
        cycles++;
        checked += Long.parseLong(words.get(2));
        losses += Long.parseLong(words.get(3));
        return true;
      }
      if (line.startsWith(CutCommand.LOSS) && firstLoss.isEmpty()) {
        firstLoss = line;
      }
      return line.startsWith(CutCommand.LOSS);
    }
  }

  private static Tally cut(Run run, CutPlan plan, Map<String, String> environment)
      throws IOException, InterruptedException {
    Tally tally = new Tally();
    List<String> unexpected = new ArrayList<>();
    int status =
        Lines.of(
            Launch.PLAIN
                .withEnvironment(environment)
                .process(List.of(CutCommand.NAME, plan.toJson())),
            line -> {
              if (!tally.hear(line) && unexpected.size() < 5) {
                unexpected.add(line);
              }
            });
    if (status != 0) {
      run.problem("the process that cuts ended with status " + status + ": " + unexpected);
    }
    return tally;
  }
}
