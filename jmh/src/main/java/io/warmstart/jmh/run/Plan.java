package io.warmstart.jmh.run;

import io.warmstart.jmh.benchmark.RemoteInTurnsBenchmark;
import io.warmstart.jmh.peer.PeerGroup;
import io.warmstart.jmh.peer.PeerKind;
import io.warmstart.jmh.run.Cell.Effort;
import io.warmstart.model.Durability;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a run measures: groups of cells that are compared with each other, and are therefore
 * measured next to each other in each round.
 *
 * @param groups in the order of the report
 * @param rounds how many forks each cell gets, if the time suffices
 */
record Plan(List<List<Cell>> groups, int rounds) {
  /** More than anybody saves under one key. */
  private static final int MOST_RUNS_OF_A_KEY = 10_000;

  private static final String MIB = "1048576";
  private static final String[] SIZES = {"256", "4096", "65536", MIB};
  private static final Effort ONCE = new Effort(0, 1, 1);

  /** After so many calls the JVM has compiled what a save calls, for good. */
  private static final int UNTIL_COMPILED = 20_000;

  /** Those that threads share best, and this engine. */
  private static final List<PeerKind> SHARED_BY_THREADS =
      List.of(PeerKind.WARMSTART, PeerKind.LMDB, PeerKind.ROCKSDB, PeerKind.CHRONICLE_MAP);

  /** Those that several processes may have open. */
  private static final List<PeerKind> SHARED_BY_PROCESSES =
      List.of(
          PeerKind.WARMSTART,
          PeerKind.LMDB,
          PeerKind.CHRONICLE_MAP,
          PeerKind.PLAIN_FILES,
          PeerKind.ORIGINAL);

  /** The same, whose saves are not synced. */
  private static final List<PeerKind> UNSYNCED_IN_PROCESSES =
      List.of(
          PeerKind.WARMSTART_PROCESS_SAFE, PeerKind.LMDB_UNSYNCED, PeerKind.CHRONICLE_MAP_UNSYNCED);

  Plan {
    groups = List.copyOf(groups);
  }

  int cells() {
    return groups.stream().mapToInt(List::size).sum();
  }

  /** Where a cell stands among all. */
  int position(Cell cell) {
    return groups.stream().flatMap(List::stream).toList().indexOf(cell);
  }

  /** The table that matters, in minutes. */
  static Plan minutes() {
    Effort effort = new Effort(2, 2, 300);
    List<List<Cell>> groups = new ArrayList<>();
    Cell hit = Cell.of("LookupBenchmark.hit", effort, "skew", "ZIPF", "keys", "1000");
    groups.add(onAllPeers(hit));
    groups.add(on(SHARED_BY_THREADS, hit.with("skew", "UNIFORM")));
    groups.add(on(SHARED_BY_THREADS, hit.withThreads(2)));
    groups.add(on(SHARED_BY_THREADS, hit.with("payloadBytes", MIB).with("keys", 100)));
    groups.add(on(SHARED_BY_THREADS, Cell.of("LookupBenchmark.hitCopied", effort, "skew", "ZIPF")));
    groups.add(onAllPeers(Cell.of("LookupBenchmark.miss", effort, "skew", "ZIPF")));
    groups.add(forms(effort));
    hitsAmongKeys(groups, effort, 1000, 10_000);
    turns(groups, new Effort(1, 2, 1000));
    replacedFiles(groups, new Effort(1, 2, 1000));
    remote(groups, new Effort(1, 2, 1000));
    loop(groups, new Effort(1, 2, 1000));
    growth(groups, new Effort(2, 3, 1), effort, 1000, 4000);
    Cell four = Cell.of("ProcessesBenchmark.save", ONCE, "processes", "4", "millis", "2000");
    groups.add(
        on(
            List.of(
                PeerKind.WARMSTART_POWER_SAFE,
                PeerKind.LMDB,
                PeerKind.WARMSTART,
                PeerKind.ORIGINAL),
            four));
    groups.add(on(UNSYNCED_IN_PROCESSES, four));
    groups.add(
        on(
            List.of(PeerKind.WARMSTART, PeerKind.LMDB),
            Cell.of("ReaderBesideWriterBenchmark.read", effort, "writer", "OTHER_PROCESS")));
    groups.add(floor(new Effort(1, 3, 200), "4096", MIB));
    groups.add(List.of(Cell.of("FingerprinterBenchmark.array", new Effort(1, 2, 500))));
    return new Plan(groups, 5);
  }

  /** Everything, in hours. */
  static Plan hours() {
    Effort effort = new Effort(5, 5, 1000);
    List<List<Cell>> groups = new ArrayList<>();
    for (String method : List.of("hit", "hitCopied", "miss")) {
      Cell any = Cell.of("LookupBenchmark." + method, effort);
      for (int threads : new int[] {1, 2}) {
        for (String skew : List.of("ZIPF", "UNIFORM")) {
          Cell cell = any.with("skew", skew).withThreads(threads);
          for (String size : SIZES) {
            int keys = size.equals(MIB) ? 100 : 1000;
            groups.add(onAllPeers(cell.with("payloadBytes", size).with("keys", keys)));
          }
        }
      }
      Cell zipf = any.with("skew", "ZIPF");
      groups.add(onAllPeers(zipf.with("keys", 1)));
      groups.add(onAllPeers(zipf.with("keys", 100_000)));
      if (method.equals("hit")) {
        hitsAmongKeys(groups, effort, 10_000, 100_000);
      } else if (method.equals("miss")) {
        groups.add(ofSmallPayloads(method, effort, 100_000));
      }
      groups.add(onAllPeers(zipf.with("keys", 2).with("payloadBytes", 64 << 20)));
    }
    groups.add(forms(effort));
    turns(groups, new Effort(2, 5, 3000));
    inTurns(groups, new Effort(2, 5, 3000), UNTIL_COMPILED);
    replacedFiles(groups, new Effort(2, 5, 3000));
    remote(groups, new Effort(2, 5, 3000));
    for (String method : List.of("overwrite", "save")) {
      Cell cell = Cell.of("SaveBenchmark." + method, effort);
      List<PeerKind> kinds =
          method.equals("overwrite") ? List.of(PeerKind.values()) : PeerGroup.ALL.kinds();
      for (String size : SIZES) {
        groups.add(on(kinds, cell.with("payloadBytes", size)));
        groups.add(on(kinds, cell.with("payloadBytes", size).withThreads(2)));
      }
      groups.add(onAllPeers(cell.with("payloadBytes", 64 << 20)));
    }
    loop(groups, new Effort(2, 5, 5000));
    growth(groups, new Effort(5, 10, 1), effort, 1000, 10_000, 100_000);
    for (String size : List.of("4096", MIB)) {
      groups.add(
          onAllPeers(
              Cell.of(
                  "ColdLookupBenchmark.hitCopied", new Effort(5, 20, 1), "payloadBytes", size)));
    }
    processes(groups);
    for (String writer : List.of("SAME_PROCESS", "OTHER_PROCESS")) {
      groups.add(
          on(
              SHARED_BY_PROCESSES.stream().filter(kind -> kind != PeerKind.ORIGINAL).toList(),
              Cell.of("ReaderBesideWriterBenchmark.read", effort, "writer", writer)));
    }
    groups.add(floor(effort, SIZES));
    groups.add(
        Stream.of(1000, 10_000, 100_000)
            .map(keys -> Cell.of("ScatteredReadBenchmark.read", effort).with("keys", keys))
            .toList());
    groups.add(
        Stream.of("array", "buffer", "sha256")
            .map(method -> Cell.of("FingerprinterBenchmark." + method, effort))
            .toList());
    return new Plan(groups, 5);
  }

  /** Small payloads, so that what is read beside them shows. */
  private static void hitsAmongKeys(List<List<Cell>> groups, Effort effort, int... keys) {
    for (int count : keys) {
      groups.add(ofSmallPayloads("hit", effort, count));
    }
  }

  private static List<Cell> ofSmallPayloads(String method, Effort effort, int keys) {
    return on(
        List.of(PeerKind.WARMSTART, PeerKind.LMDB, PeerKind.CHRONICLE_MAP),
        Cell.of("LookupBenchmark." + method, effort, "skew", "ZIPF")
            .with("payloadBytes", 256)
            .with("keys", keys));
  }

  private static void turns(List<List<Cell>> groups, Effort effort) {
    for (String size : SIZES) {
      groups.add(List.of(Cell.of("SaveInTurnsBenchmark.overwrite", effort, "payloadBytes", size)));
    }
    inTurns(groups, effort, 0);
    // A file system commits what all stores have written; so once more without the others.
    for (String size : List.of("4096", MIB)) {
      groups.add(
          List.of(
              Cell.of(
                  "SaveInTurnsBenchmark.overwrite",
                  effort,
                  "payloadBytes",
                  size,
                  "peers",
                  PeerKind.WARMSTART + "+" + PeerKind.ORIGINAL)));
    }
  }

  /** Those whose saves survive the same, by a process that has saved so often before. */
  private static void inTurns(List<List<Cell>> groups, Effort effort, int savesBefore) {
    Cell cell = Cell.of("SaveInTurnsBenchmark.overwrite", effort).with("savesBefore", savesBefore);
    for (String size : List.of("4096", MIB)) {
      groups.add(List.of(cell.with("payloadBytes", size).with("peers", PeerGroup.POWER_SAFE)));
    }
    for (String size : List.of("256", "4096", MIB)) {
      groups.add(List.of(cell.with("payloadBytes", size).with("peers", PeerGroup.PROCESS_SAFE)));
    }
  }

  private static void replacedFiles(List<List<Cell>> groups, Effort effort) {
    for (String size : List.of("4096", MIB)) {
      groups.add(
          List.of(Cell.of("ReplacedFilesBenchmark.overwrite", effort, "payloadBytes", size)));
    }
  }

  private static void remote(List<List<Cell>> groups, Effort effort) {
    for (RemoteInTurnsBenchmark.Operation each : RemoteInTurnsBenchmark.Operation.values()) {
      groups.add(List.of(Cell.of("RemoteInTurnsBenchmark.turn", effort).with("operation", each)));
    }
  }

  private static void loop(List<List<Cell>> groups, Effort effort) {
    Cell cell = Cell.of("CheckpointLoopBenchmark.loop", effort, "writes", "EVERY");
    groups.add(
        List.of(
            cell.with("writes", "SESSION"),
            cell.with("writes", "IMPROVING_SESSION"),
            cell,
            cell.with("durability", Durability.POWER_SAFE),
            cell.with("durability", Durability.PROCESS_SAFE)));
  }

  private static void growth(
      List<List<Cell>> groups, Effort effort, Effort saves, int... entryCounts) {
    for (int entries : entryCounts) {
      for (String method : List.of("sweep", "expire")) {
        Cell cell = Cell.of("SweepBenchmark." + method, effort).with("entries", entries);
        groups.add(List.of(cell.with("sweeper", "WARMSTART"), cell.with("sweeper", "ORIGINAL")));
      }
      groups.add(
          Stream.of("open", "rebuild", "rebuildWhole")
              .map(method -> Cell.of("OpenBenchmark." + method, effort).with("entries", entries))
              .toList());
      groups.add(
          Stream.of("overwrite", "saveAtFullBudget")
              .map(method -> Cell.of("SaveAmongEntriesBenchmark." + method, saves))
              .map(cell -> cell.with("entries", entries))
              .toList());
      if (entries <= MOST_RUNS_OF_A_KEY) {
        groups.add(
            Stream.of(Durability.IN_FILES, Durability.POWER_SAFE)
                .map(
                    each ->
                        Cell.of("LookupAfterSaveBenchmark.lookup", saves).with("durability", each))
                .map(cell -> cell.with("runs", entries))
                .toList());
      }
    }
  }

  private static void processes(List<List<Cell>> groups) {
    Cell cell = Cell.of("ProcessesBenchmark.save", ONCE, "millis", "10000");
    List<PeerKind> synced = new ArrayList<>(SHARED_BY_PROCESSES);
    synced.add(PeerKind.WARMSTART_POWER_SAFE);
    for (String count : List.of("1", "2", "8", "32")) {
      groups.add(on(synced, cell.with("processes", count)));
      groups.add(on(UNSYNCED_IN_PROCESSES, cell.with("processes", count)));
    }
    for (String entries : List.of("1000", "100000")) {
      groups.add(
          on(
              List.of(PeerKind.WARMSTART, PeerKind.ORIGINAL),
              cell.with("processes", 2).with("budget", "FULL").with("entries", entries)));
    }
  }

  private static List<Cell> onAllPeers(Cell cell) {
    return on(PeerGroup.ALL.kinds(), cell);
  }

  private static List<Cell> on(List<PeerKind> kinds, Cell cell) {
    return kinds.stream().map(kind -> cell.with("peer", kind)).toList();
  }

  private static List<Cell> forms(Effort effort) {
    List<Cell> cells = new ArrayList<>();
    for (String form : List.of("reusedEntry", "freshKey", "optionalEntry", "latest", "explain")) {
      cells.add(Cell.of("LookupFormsBenchmark." + form, effort));
    }
    Cell reused = Cell.of("LookupFormsBenchmark.reusedEntry", effort);
    cells.add(reused.with("foreignCheck", "NEVER"));
    cells.add(reused.with("foreignCheck", "ALWAYS"));
    return cells;
  }

  private static List<Cell> floor(Effort effort, String... sizes) {
    List<Cell> cells = new ArrayList<>();
    for (String size : sizes) {
      for (String method : List.of("appendSynced", "copy", "sha256")) {
        cells.add(Cell.of("PhysicalFloorBenchmark." + method, effort, "payloadBytes", size));
      }
    }
    cells.add(Cell.of("PhysicalFloorBenchmark.stat", effort));
    return cells;
  }
}
