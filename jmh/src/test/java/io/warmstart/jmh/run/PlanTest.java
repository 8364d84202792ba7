package io.warmstart.jmh.run;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.jmh.peer.PeerGroup;
import io.warmstart.jmh.peer.PeerKind;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.VerboseMode;

/** That what the plans name exists: JMH would say so only after minutes. */
class PlanTest {
  private final Map<String, BenchmarkListEntry> existing = new TreeMap<>();

  PlanTest() {
    for (BenchmarkListEntry entry :
        BenchmarkList.defaultList()
            .getAll(
                OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT),
                List.of())) {
      String[] parts = entry.getUsername().split("\\.", -1);
      existing.put(parts[parts.length - 2] + "." + parts[parts.length - 1], entry);
    }
  }

  @Test
  void cellsOfThePlansExist() {
    Stream.of(Plan.minutes(), Plan.hours())
        .flatMap(plan -> plan.groups().stream())
        .flatMap(List::stream)
        .forEach(
            cell -> {
              BenchmarkListEntry entry = existing.get(cell.benchmark());
              assertTrue(entry != null, cell.describe());
              assertTrue(
                  entry.getParams().orElse(Map.of()).keySet().containsAll(cell.params().keySet()),
                  cell.describe());
            });
  }

  @Test
  void everyBenchmarkIsInTheFullPlan() {
    Set<String> planned = new HashSet<>();
    Plan.hours().groups().forEach(group -> group.forEach(cell -> planned.add(cell.benchmark())));

    assertTrue(planned.containsAll(existing.keySet()), existing.keySet() + " in " + planned);
  }

  /** The report would take two cells of one name for two forks of one. */
  @Test
  void noCellIsInAPlanTwice() {
    for (Plan plan : List.of(Plan.minutes(), Plan.hours())) {
      Set<String> seen = new HashSet<>();
      plan.groups().stream()
          .flatMap(List::stream)
          .forEach(cell -> assertTrue(seen.add(cell.describe()), cell.describe()));
    }
  }

  @Test
  void shortPlanHasEveryPeer() {
    Set<PeerKind> peers = new HashSet<>();
    Plan.minutes().groups().stream()
        .flatMap(List::stream)
        .forEach(
            cell -> {
              peers.add(cell.peer());
              String inTurns = cell.params().get("peers");
              if (inTurns != null) {
                peers.addAll(PeerGroup.parse(inTurns));
              }
            });

    assertTrue(peers.containsAll(Set.of(PeerKind.values())));
  }
}
