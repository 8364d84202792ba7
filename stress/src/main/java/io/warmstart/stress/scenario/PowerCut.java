package io.warmstart.stress.scenario;

import io.warmstart.model.Durability;
import io.warmstart.stress.fault.FaultPoint;
import io.warmstart.stress.fault.Shim;
import io.warmstart.stress.fork.Lines;
import io.warmstart.stress.frame.Run;
import io.warmstart.stress.frame.Scenario;
import io.warmstart.stress.frame.SkippedException;
import io.warmstart.stress.mount.LoopDisk;
import io.warmstart.stress.mount.StrictDisk;
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
 * Power cuts at the acknowledgement, on ext4, on xfs, and on a disk that keeps nothing but what it
 * must. And the proof that it would see a loss: the same with each sync of the protocol left out in
 * turn.
 */
public final class PowerCut implements Scenario {
  private static final List<String> FILE_SYSTEMS = List.of("ext4", "xfs", CutCommand.STRICT);

  /**
   * The syncs without which every one of them loses something. ext4 and xfs make a new name durable
   * together with the first file below it that is synced, so no cut on them can tell whether the
   * root and its parent were synced.
   */
  private static final List<Sync> SEEN_BY_ALL =
      List.of(Sync.PAYLOAD, Sync.MANIFEST, Sync.KEY_DIRECTORY);

  /** For each sync that is left out; the first loss ends it. */
  private static final int CYCLES_TO_SEE_A_LOSS = 24;

  /** Of saves that a cut may cost. If it never does, it is none. */
  private static final String WENT_BACK = "runs back at an older version, or gone, as they may be";

  private static final int CYCLES_WITHOUT_HOPE = 6;
  private static final int SHORT_SECONDS = 10;

  @Override
  public String name() {
    return "power-cut";
  }

  @Override
  public String summary() {
    return "power cuts at the acknowledgement on ext4, xfs and a disk that keeps only what it must,"
        + " and with each sync left out";
  }

  @Override
  public int defaultProcesses() {
    return 1;
  }

  @Override
  public List<String> volumes() {
    return FILE_SYSTEMS.stream().map(PowerCut::cutsOn).toList();
  }

  private static String cutsOn(String fileSystem) {
    return "cuts on " + fileSystem;
  }

  @Override
  public boolean takesDurability() {
    return true;
  }

  private static String journalledOn(String fileSystem) {
    return "saves that went into the journal on " + fileSystem;
  }

  @Override
  public void run(Run run) throws IOException, InterruptedException {
    Path directory = run.freshDirectory("disk");
    List<String> fileSystems = new ArrayList<>();
    String reason = "";
    for (String fileSystem : FILE_SYSTEMS) {
      try {
        need(fileSystem, directory);
        fileSystems.add(fileSystem);
      } catch (SkippedException e) {
        reason = String.valueOf(e.getMessage());
        run.skip(fileSystem, reason);
      }
    }
    if (fileSystems.isEmpty()) {
      throw new SkippedException(reason);
    }
    int seconds = run.options().seconds();
    if (run.options().journalled() && seconds < SHORT_SECONDS && fileSystems.size() > 1) {
      // It has no journal; the short form with saves into files has it.
      fileSystems.remove(CutCommand.STRICT);
    }
    if (run.options().durability() == Durability.PROCESS_SAFE) {
      run.atLeast(WENT_BACK, 1);
    }
    for (String fileSystem : fileSystems) {
      String cuts = cutsOn(fileSystem);
      long least = Math.max(Math.max(2, seconds / 8), run.options().atLeast());
      run.atLeast(cuts, least);
      boolean journalled = run.options().journalled() && !fileSystem.equals(CutCommand.STRICT);
      if (journalled) {
        run.atLeast(journalledOn(fileSystem), least);
      }
      long share = Math.max(1, seconds / 4);
      do {
        cutAgainAndAgain(run, directory, fileSystem, share);
        run.say("%s: %d".formatted(cuts, run.counted(cuts)));
      } while ((run.counted(cuts) < least
              || (journalled && run.counted(journalledOn(fileSystem)) < least))
          && run.timeLeft()
          && !run.anyProblem());
    }
    leaveOutEachSync(run, directory, fileSystems);
  }

  private static void need(String fileSystem, Path directory)
      throws IOException, InterruptedException {
    if (fileSystem.equals(CutCommand.STRICT)) {
      StrictDisk.need(directory);
    } else {
      LoopDisk.need(fileSystem);
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
            run.options().durability(),
            Sync.NONE);
    Tally tally = cut(run, plan, Map.of());
    run.count(cutsOn(fileSystem), tally.cycles);
    run.count("entries looked for on " + fileSystem, tally.checked);
    if (run.options().journalled()) {
      run.count(journalledOn(fileSystem), tally.journalled);
    }
    if (run.options().durability() == Durability.PROCESS_SAFE) {
      run.count(WENT_BACK, tally.wentBack);
    }
    run.trials(tally.cycles, tally.losses);
    if (tally.losses > 0) {
      run.problem(fileSystem + ": " + tally.firstLoss);
    }
  }

  private static void leaveOutEachSync(Run run, Path directory, List<String> fileSystems)
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
    boolean isShort = run.options().seconds() < SHORT_SECONDS;
    boolean strict = fileSystems.contains(CutCommand.STRICT) && !run.options().journalled();
    List<Sync> syncs = new ArrayList<>(List.of(Sync.values()));
    syncs.removeAll(List.of(Sync.NONE, Sync.JOURNAL));
    List<String> tried = fileSystems;
    if (run.options().journalled()) {
      // A strict disk has no journal of ours. The syncs are those of the pairs that are made of it.
      tried = fileSystems.stream().filter(each -> !each.equals(CutCommand.STRICT)).toList();
      if (tried.isEmpty()) {
        run.skip("each sync left out", "neither ext4 nor xfs can be made here");
        return;
      }
      syncs = new ArrayList<>(SEEN_BY_ALL);
      if (!tried.contains("xfs")) {
        // ext4 writes the names down with the sync of the segment that comes after them.
        syncs.remove(Sync.KEY_DIRECTORY);
      }
      if (run.options().durability() == Durability.POWER_SAFE) {
        syncs.add(0, Sync.JOURNAL);
      }
      if (isShort) {
        syncs = syncs.subList(0, 1);
        tried = tried.subList(0, 1);
      }
    } else if (isShort) {
      List<Sync> seen = strict ? syncs : SEEN_BY_ALL;
      syncs = List.of(seen.get(run.random().nextInt(seen.size())));
      tried = strict ? List.of(CutCommand.STRICT) : fileSystems;
    }
    for (Sync sync : syncs) {
      long losses = 0;
      for (String fileSystem : tried) {
        losses += leaveOut(run, directory, sync, fileSystem, environment);
      }
      if (strict || sync == Sync.JOURNAL || SEEN_BY_ALL.contains(sync)) {
        run.atLeast("losses without the sync of " + sync, 1);
        run.count("losses without the sync of " + sync, losses);
      } else {
        run.skip(
            "whether the sync of " + sync + " is seen",
            "ext4 and xfs make a new directory durable with the first file synced below it");
      }
    }
  }

  private static long leaveOut(
      Run run, Path directory, Sync sync, String fileSystem, Map<String, String> environment)
      throws IOException, InterruptedException {
    boolean hopeless =
        !fileSystem.equals(CutCommand.STRICT)
            && sync != Sync.JOURNAL
            && !SEEN_BY_ALL.contains(sync);
    CutPlan plan =
        new CutPlan(
            fileSystem,
            directory.toString(),
            run.random().nextLong(),
            hopeless ? CYCLES_WITHOUT_HOPE : CYCLES_TO_SEE_A_LOSS,
            Math.max(6, run.options().seconds() / 12),
            run.options().durability(),
            sync);
    Tally tally = cut(run, plan, environment);
    run.count("cuts without the sync of " + sync + " on " + fileSystem, tally.cycles);
    run.count("losses without the sync of " + sync + " on " + fileSystem, tally.losses);
    return tally.losses;
  }

  private static final class Tally {
    long cycles;
    long checked;
    long losses;
    long journalled;
    long wentBack;
    String firstLoss = "";

    boolean hear(String line) {
      if (line.startsWith(CutCommand.CYCLE)) {
        List<String> words = List.of(line.split(" ", -1));
        cycles++;
        checked += Long.parseLong(words.get(2));
        losses += Long.parseLong(words.get(3));
        journalled += Long.parseLong(words.get(4));
        wentBack += Long.parseLong(words.get(5));
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
              if (!tally.hear(line)) {
                // The last ones: what the engine warns of after a cut comes before them.
                unexpected.add(line);
                if (unexpected.size() > 5) {
                  unexpected.remove(0);
                }
              }
            });
    if (status != 0) {
      run.problem("the process that cuts ended with status " + status + ": " + unexpected);
    }
    return tally;
  }
}
