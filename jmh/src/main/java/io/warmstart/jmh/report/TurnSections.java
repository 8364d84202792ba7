package io.warmstart.jmh.report;

import io.warmstart.jmh.peer.PeerGroup;
import io.warmstart.jmh.peer.PeerKind;
import io.warmstart.jmh.report.Section.Place;
import io.warmstart.jmh.report.Table.Chart;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The questions that are answered by turns: in each, everything that is compared does the same
 * once, in random order, so that what the device does meanwhile strikes all alike. Labels name who
 * did it, and beside the times there is a ratio, taken turn by turn.
 */
final class TurnSections {
  private static final String BASELINE = PeerKind.WARMSTART.label();
  private static final String TURNS = "SaveInTurnsBenchmark.overwrite";
  private static final String TURN_TIME = "overwrite.";
  private static final String TURN_RATIO = "ratioToWarmstart.";
  private static final String TURN_NOTE =
      "Every store overwrites once in each turn, in random order. The ratio is the median over the"
          + " turns of the store's time divided by this engine's.";

  private static final String SAVES_BEFORE = "savesBefore";
  private static final String SAVED_BEFORE_NOTE =
      " Before, each has overwritten alone for four seconds, 20,000 times at most: what runs on the"
          + " JVM is compiled.";

  /** What is set beside saves of this engine that are not pairs of files when they return. */
  private static final Map<PeerGroup, String> LESS_THAN_A_PAIR =
      new EnumMap<>(
          Map.of(
              PeerGroup.POWER_SAFE, "Overwrite that survives a power cut",
              PeerGroup.PROCESS_SAFE, "Overwrite that survives the processes"));

  private static final String FREED_BY_RENAMES = "BY_RENAMES";
  private static final String WITHOUT_REMOTE = "WITHOUT";

  private TurnSections() {}

  static List<Section> all() {
    List<Section> sections = new ArrayList<>();
    sections.add(turns("p0.50", "Durable overwrite, median", Chart.BARS));
    sections.add(turns("p0.99", "Durable overwrite, 99th percentile", Chart.NONE));
    for (Map.Entry<PeerGroup, String> each : LESS_THAN_A_PAIR.entrySet()) {
      for (boolean savedBefore : List.of(false, true)) {
        String title =
            each.getValue() + (savedBefore ? ", by a process that has saved before" : "");
        sections.add(turns(each.getKey(), savedBefore, "p0.50", title + ", median", Chart.BARS));
        sections.add(
            turns(each.getKey(), savedBefore, "p0.99", title + ", 99th percentile", Chart.NONE));
      }
    }
    sections.add(percentiles());
    sections.add(replacedFiles());
    sections.add(remote());
    return sections;
  }

  private static Section percentiles() {
    return new Section(
        new Table(
            "Durable overwrite of 4 KiB, percentiles",
            "All stores in turns, in random order.",
            Chart.LINES,
            null),
        measurement -> {
          Place place = turn(measurement, TURN_TIME, "");
          return place == null
                  || group(measurement) != PeerGroup.ALL
                  || !measurement.param("payloadBytes").equals("4096")
              ? null
              : new Place(
                  place.row(), measurement.label().substring(measurement.label().indexOf(':') + 1));
        });
  }

  /** All stores as durable as they are made, and lists of some of them. */
  private static Section turns(String percentile, String title, Chart chart) {
    return turns(
        new Table(title, TURN_NOTE, chart, BASELINE),
        percentile,
        measurement -> !LESS_THAN_A_PAIR.containsKey(group(measurement)));
  }

  private static Section turns(
      PeerGroup peers, boolean savedBefore, String percentile, String title, Chart chart) {
    String start = TURN_NOTE + (savedBefore ? SAVED_BEFORE_NOTE : "") + " ";
    String note =
        peers.kinds().stream()
            .map(kind -> kind.label() + ": " + kind.durability())
            .collect(Collectors.joining(". ", start, "."));
    return turns(
        new Table(title, note, chart, peers.kinds().get(0).label()),
        percentile,
        measurement -> group(measurement) == peers && hasSavedBefore(measurement) == savedBefore);
  }

  private static Section turns(Table table, String percentile, Predicate<Measurement> belongs) {
    return new Section(
        table,
        measurement ->
            belongs.test(measurement) ? turn(measurement, TURN_TIME, ":" + percentile) : null,
        measurement ->
            belongs.test(measurement) && percentile.equals("p0.50")
                ? turn(measurement, TURN_RATIO, "")
                : null);
  }

  /** Not in results of before there was a choice. */
  private static boolean hasSavedBefore(Measurement measurement) {
    return !List.of("", "0").contains(measurement.param(SAVES_BEFORE));
  }

  private static @Nullable PeerGroup group(Measurement measurement) {
    String name = measurement.param("peers");
    return Arrays.stream(PeerGroup.values())
        .filter(group -> group.name().equals(name))
        .findAny()
        .orElse(null);
  }

  private static @Nullable Place turn(Measurement measurement, String prefix, String suffix) {
    String label = measurement.label();
    if (!measurement.benchmark().equals(TURNS)
        || !label.startsWith(prefix)
        || !label.endsWith(suffix)) {
      return null;
    }
    String name = label.substring(prefix.length());
    int colon = name.indexOf(':');
    // The mean, which has no colon, says little beside the device's tail.
    if (prefix.equals(TURN_TIME) && colon < 0) {
      return null;
    }
    return new Place(
        Circumstances.peer(colon < 0 ? name : name.substring(0, colon)),
        Circumstances.bytes(measurement.param("payloadBytes"))
            + (group(measurement) == null ? ", these alone" : ""));
  }

  private static Section replacedFiles() {
    return ways(
        new Table(
            "What the renames free, median",
            "The file operations of an overwrite alone, without a store: BY_RENAMES, the renames"
                + " remove the version before; LATER, a descriptor keeps it until after the"
                + " directory's sync. The ratio is to BY_RENAMES, the median over the turns.",
            Chart.NONE,
            FREED_BY_RENAMES),
        "ReplacedFilesBenchmark.overwrite",
        "replace.%s:p0.50",
        "ratioToRenames.%s",
        List.of(FREED_BY_RENAMES, "LATER"));
  }

  private static Section remote() {
    return ways(
        new Table(
            "A store that names a remote, median",
            "The remote is a directory, and nothing is sent or asked meanwhile: the caller's own"
                + " path. WITHOUT_TOO: a second store without a remote, which shows how far two"
                + " equal ones come apart. The ratio is the median over the turns.",
            Chart.NONE,
            WITHOUT_REMOTE),
        "RemoteInTurnsBenchmark.turn",
        "turn.%s:p0.50",
        "ratioToWithout.%s",
        List.of(WITHOUT_REMOTE, "WITHOUT_TOO", "WITH"));
  }

  /** Ways to do the same, in turns: labels of their times and ratios by their names. */
  private static Section ways(
      Table table, String benchmark, String time, String ratio, List<String> ways) {
    Function<String, Function<Measurement, @Nullable Place>> labelled =
        format ->
            measurement ->
                measurement.benchmark().equals(benchmark)
                    ? ways.stream()
                        .filter(way -> measurement.label().equals(format.formatted(way)))
                        .map(way -> new Place(way, Circumstances.of(measurement)))
                        .findAny()
                        .orElse(null)
                    : null;
    return new Section(table, labelled.apply(time), labelled.apply(ratio));
  }
}
