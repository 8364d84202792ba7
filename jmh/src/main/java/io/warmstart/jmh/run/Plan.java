package io.warmstart.jmh.run;

import io.warmstart.jmh.peer.PeerKind;
import io.warmstart.jmh.run.Cell.Effort;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a run measures: groups of cells that are compared with each other, and are therefore
 * measured next to each other in each round.
 *
 * @param groups in the order of the report
 * @param rounds how many forks each cell gets, if the time suffices
 */
record Plan(List<List<Cell>> groups, int rounds) {
  private static final String[] SIZES = {"256", "4096", "65536", "1048576"};

  Plan {
    groups = List.copyOf(groups);
  }

  int cells() {
    return groups.stream().mapToInt(List::size).sum();
  }

  /** The table that matters, in minutes. */
  static Plan minutes() {
    Effort effort = new Effort(2, 3, 400);
    List<List<Cell>> groups = new ArrayList<>();
    Cell hit = Cell.of("LookupBenchmark.hit", effort, "skew", "ZIPF", "keys", "1000");
    groups.add(onAllPeers(hit));
    groups.add(onAllPeers(hit.withThreads(2)));
    groups.add(onAllPeers(hit.with("payloadBytes", 1 << 20).with("keys", 100)));
    groups.add(onAllPeers(Cell.of("LookupBenchmark.hitCopied", effort, "skew", "ZIPF")));
    groups.add(onAllPeers(Cell.of("LookupBenchmark.miss", effort, "skew", "ZIPF")));
    groups.add(forms(effort));
    groups.add(
        List.of(
            hit.with("peer", PeerKind.WARMSTART).with("keys", 10_000),
            hit.with("peer", PeerKind.LMDB).with("keys", 10_000)));
    Effort turns = new Effort(1, 3, 1200);
    for (String size : SIZES) {
      groups.add(List.of(Cell.of("SaveInTurnsBenchmark.overwrite", turns, "payloadBytes", size)));
    }
    groups.add(floor(new Effort(1, 3, 200), "4096", "1048576"));
    return new Plan(groups, 5);
  }

  /** Everything, in hours. */
  static Plan hours() {
    Effort effort = new Effort(5, 5, 1000);
    List<List<Cell>> groups = new ArrayList<>();
    for (String method : List.of("hit", "hitCopied", "miss")) {
      for (int threads : new int[] {1, 2}) {
        for (String skew : List.of("ZIPF", "UNIFORM")) {
          Cell cell = Cell.of("LookupBenchmark." + method, effort, "skew", skew);
          for (String size : SIZES) {
            int keys = size.equals("1048576") ? 100 : 1000;
            groups.add(
                onAllPeers(
                    cell.with("payloadBytes", size).with("keys", keys).withThreads(threads)));
          }
          groups.add(onAllPeers(cell.with("keys", 1).withThreads(threads)));
        }
      }
    }
    groups.add(forms(effort));
    Effort turns = new Effort(2, 5, 3000);
    for (String size : SIZES) {
      groups.add(List.of(Cell.of("SaveInTurnsBenchmark.overwrite", turns, "payloadBytes", size)));
    }
    for (String method : List.of("overwrite", "save")) {
      for (int threads : new int[] {1, 2}) {
        for (String size : SIZES) {
          groups.add(
              onAllPeers(
                  Cell.of("SaveBenchmark." + method, effort, "payloadBytes", size)
                      .withThreads(threads)));
        }
      }
    }
    groups.add(floor(effort, SIZES));
    return new Plan(groups, 5);
  }

  private static List<Cell> onAllPeers(Cell cell) {
    return Arrays.stream(PeerKind.values()).map(kind -> cell.with("peer", kind)).toList();
  }

  private static List<Cell> forms(Effort effort) {
    List<Cell> cells = new ArrayList<>();
    for (String form : List.of("reusedEntry", "optionalEntry", "latest", "explain")) {
      cells.add(Cell.of("LookupFormsBenchmark." + form, effort));
    }
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
