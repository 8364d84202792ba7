package io.warmstart.jmh.report;

import io.warmstart.jmh.peer.PeerGroup;
import io.warmstart.jmh.peer.PeerKind;
import io.warmstart.jmh.report.Section.Place;
import io.warmstart.jmh.report.Table.Chart;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The questions of the report, in its order. */
final class Sections {
  private static final String BASELINE = PeerKind.WARMSTART.label();
  private static final String TURNS = "SaveInTurnsBenchmark.overwrite";
  private static final String TURN_TIME = "overwrite.";
  private static final String TURN_RATIO = "ratioToWarmstart.";
  private static final String TURN_NOTE =
      "Every store overwrites once in each turn, in random order. The ratio is the median over the"
          + " turns of the store's time divided by this engine's.";

  /** What is set beside saves of this engine that are not pairs of files when they return. */
  private static final Map<PeerGroup, String> LESS_THAN_A_PAIR =
      new EnumMap<>(
          Map.of(
              PeerGroup.POWER_SAFE, "Overwrite that survives a power cut",
              PeerGroup.PROCESS_SAFE, "Overwrite that survives the processes"));

  private static final String FREED_BY_RENAMES = "BY_RENAMES";
  private static final String WITHOUT_REMOTE = "WITHOUT";

  private Sections() {}

  static List<Section> all() {
    List<Section> sections = new ArrayList<>();
    sections.add(
        ofPeers(
            "Lookup that hits",
            "Time of one lookup that reads one byte of the payload where the store gives it: in"
                + " place, or in the caller's memory to which it was copied.",
            "LookupBenchmark.hit",
            Measurement.SCORE));
    sections.add(
        ofPeers(
            "Lookup that hits, payload copied",
            "The same with the whole payload copied into an array of the caller.",
            "LookupBenchmark.hitCopied",
            Measurement.SCORE));
    sections.add(ofPeers("Lookup that misses", "", "LookupBenchmark.miss", Measurement.SCORE));
    sections.add(
        ofPeers(
            "Allocation of a lookup that hits",
            "Bytes on the heap for each lookup.",
            "LookupBenchmark.hit",
            "gc.alloc.rate.norm",
            null,
            Chart.NONE));
    sections.add(byMethod("Forms of a lookup", "This engine alone.", "LookupFormsBenchmark."));
    sections.add(turns("p0.50", "Durable overwrite, median", Chart.BARS));
    sections.add(turns("p0.99", "Durable overwrite, 99th percentile", Chart.NONE));
    for (Map.Entry<PeerGroup, String> each : LESS_THAN_A_PAIR.entrySet()) {
      sections.add(turns(each.getKey(), "p0.50", each.getValue() + ", median", Chart.BARS));
      sections.add(
          turns(each.getKey(), "p0.99", each.getValue() + ", 99th percentile", Chart.NONE));
    }
    sections.add(
        new Section(
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
                      place.row(),
                      measurement.label().substring(measurement.label().indexOf(':') + 1));
            }));
    sections.add(replacedFiles());
    sections.add(remote());
    sections.add(growthOfHits());
    sections.add(
        byMethodAndEntries(
            "Growth: sweeps",
            "Bringing a full root back within its budget, or dropping what has expired: 32 entries"
                + " each time.",
            "SweepBenchmark."));
    sections.add(
        byMethodAndEntries(
            "Growth: the first answer",
            "Opening the store and looking one key up; rebuild: after all but the entries was"
                + " deleted; rebuildWhole: until the index knows every entry again.",
            "OpenBenchmark."));
    sections.add(growthOfSaves());
    sections.add(growthOfRuns());
    sections.add(growthOfIndex());
    sections.add(
        byLabel(
            "A checkpoint each millisecond",
            "What the loop's thread feels, from the moment at which a checkpoint was due, beside a"
                + " reader. EVERY saves each, in files unless said otherwise; SESSION saves every"
                + " two seconds, IMPROVING_SESSION each.",
            "CheckpointLoopBenchmark.loop",
            "felt ",
            "gc.alloc.rate.norm"));
    sections.add(processes());
    for (String percentile : List.of("p0.50", "p0.999")) {
      sections.add(
          ofPeers(
              "Lookup beside a writer, " + percentile,
              "Somebody overwrites the same 16 keys as fast as the device lets them.",
              "ReaderBesideWriterBenchmark.read",
              percentile));
    }
    sections.add(
        ofPeers(
            "Lookup with nothing in the page cache",
            "",
            "ColdLookupBenchmark.hitCopied",
            Measurement.SCORE));
    sections.add(byMethod("Fingerprint of a matrix of 100 MiB", "", "FingerprinterBenchmark."));
    sections.add(
        ofPeers(
            "Overwrite, alone",
            "One store after the other, each as durable as its row says.",
            "SaveBenchmark.overwrite",
            "p0.50"));
    sections.add(ofPeers("Durable save beside others", "", "SaveBenchmark.save", "p0.50"));
    sections.add(
        byMethod(
            "The floor",
            "What no store on this machine can go below: a write into written blocks with one"
                + " sync of the data, a copy, a hash, a question to the file system.",
            "PhysicalFloorBenchmark."));
    sections.add(
        byMethod(
            "The floor of a hit",
            "What memory alone takes for a key, an ordered store and a byte of a payload"
                + " elsewhere.",
            "ScatteredReadBenchmark."));
    return sections;
  }

  /** All stores as durable as they are made, and lists of some of them. */
  private static Section turns(String percentile, String title, Chart chart) {
    return turns(
        new Table(title, TURN_NOTE, chart, BASELINE),
        percentile,
        measurement -> !LESS_THAN_A_PAIR.containsKey(group(measurement)));
  }

  private static Section turns(PeerGroup peers, String percentile, String title, Chart chart) {
    String note =
        peers.kinds().stream()
            .map(kind -> kind.label() + ": " + kind.durability())
            .collect(Collectors.joining(". ", TURN_NOTE + " ", "."));
    return turns(
        new Table(title, note, chart, peers.kinds().get(0).label()),
        percentile,
        measurement -> group(measurement) == peers);
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
        peerLabel(colon < 0 ? name : name.substring(0, colon)),
        bytes(measurement.param("payloadBytes"))
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
                        .map(way -> new Place(way, circumstances(measurement)))
                        .findAny()
                        .orElse(null)
                    : null;
    return new Section(table, labelled.apply(time), labelled.apply(ratio));
  }

  private static Section ofPeers(String title, String note, String benchmark, String label) {
    return ofPeers(title, note, benchmark, label, BASELINE, Chart.BARS);
  }

  private static Section ofPeers(
      String title,
      String note,
      String benchmark,
      String label,
      @Nullable String baseline,
      Chart chart) {
    return new Section(
        new Table(title, note, chart, baseline),
        measurement ->
            measurement.benchmark().equals(benchmark) && measurement.label().equals(label)
                ? new Place(peerLabel(measurement.param("peer")), circumstances(measurement))
                : null);
  }

  private static Section byMethod(String title, String note, String classAndDot) {
    Function<Measurement, @Nullable Place> place =
        measurement ->
            measurement.benchmark().startsWith(classAndDot)
                    && measurement.label().equals(Measurement.SCORE)
                ? new Place(
                    measurement.benchmark().substring(classAndDot.length()),
                    circumstances(measurement))
                : null;
    return new Section(new Table(title, note, Chart.NONE, null), place);
  }

  private static Section growthOfHits() {
    return new Section(
        new Table("Growth: lookup that hits", "4 KiB, zipf.", Chart.LINES, BASELINE),
        measurement ->
            measurement.benchmark().equals("LookupBenchmark.hit")
                    && measurement.label().equals(Measurement.SCORE)
                    && measurement.threads() == 1
                    && measurement.param("payloadBytes").equals("4096")
                    && measurement.param("skew").equals("ZIPF")
                ? new Place(
                    peerLabel(measurement.param("peer")), grouped(measurement.param("keys")))
                : null);
  }

  private static Section growthOfIndex() {
    return new Section(
        new Table(
            "Growth: the index's files",
            "Bytes for each entry; they double in size as they fill up.",
            Chart.NONE,
            null),
        measurement ->
            measurement.label().equals("indexPerEntry")
                ? new Place("index", grouped(measurement.param("entries")) + " entries")
                : null);
  }

  private static Section growthOfSaves() {
    String classAndDot = "SaveAmongEntriesBenchmark.";
    return new Section(
        new Table(
            "Growth: durable saves, median",
            "4 KiB. At a full budget each save evicts another entry before it returns.",
            Chart.LINES,
            null),
        measurement ->
            measurement.benchmark().startsWith(classAndDot) && measurement.label().equals("p0.50")
                ? new Place(
                    measurement.benchmark().substring(classAndDot.length()),
                    grouped(measurement.param("entries")) + " entries")
                : null);
  }

  private static Section growthOfRuns() {
    return new Section(
        new Table(
            "Growth: the first lookup after a save, median",
            "4 KiB. All runs lie under one key; each save adds the best so far.",
            Chart.LINES,
            null),
        measurement ->
            measurement.benchmark().equals("LookupAfterSaveBenchmark.lookup")
                    && measurement.label().equals("p0.50")
                ? new Place(
                    measurement.param("durability"), grouped(measurement.param("runs")) + " runs")
                : null);
  }

  private static Section byMethodAndEntries(String title, String note, String classAndDot) {
    return new Section(
        new Table(title, note, Chart.LINES, null),
        measurement -> {
          if (!measurement.benchmark().startsWith(classAndDot)
              || !measurement.label().equals(Measurement.SCORE)) {
            return null;
          }
          String sweeper = measurement.param("sweeper");
          String row =
              measurement.benchmark().substring(classAndDot.length())
                  + (sweeper.isEmpty() ? "" : ", " + peerLabel(sweeper));
          return new Place(row, grouped(measurement.param("entries")) + " entries");
        });
  }

  private static Section byLabel(
      String title, String note, String benchmark, String labelPrefix, String otherLabel) {
    return new Section(
        new Table(title, note, Chart.NONE, null),
        measurement ->
            measurement.benchmark().equals(benchmark)
                    && (measurement.label().startsWith(labelPrefix)
                        || measurement.label().equals(otherLabel))
                ? new Place(measurement.label(), loopColumn(measurement))
                : null);
  }

  private static String loopColumn(Measurement measurement) {
    String durability = measurement.param("durability");
    String writes = measurement.param("writes");
    return durability.isEmpty() || durability.equals("IN_FILES")
        ? writes
        : writes + ", " + durability;
  }

  private static Section processes() {
    return new Section(
        new Table(
            "Processes that save at once",
            "Saves in a second of all together, and what each save waits.",
            Chart.NONE,
            null),
        measurement ->
            measurement.benchmark().equals("ProcessesBenchmark.save")
                    && measurement.label().startsWith("save")
                ? new Place(
                    peerLabel(measurement.param("peer"))
                        + ", "
                        + measurement.param("processes")
                        + " processes"
                        + (measurement.param("budget").equals("FULL")
                            ? ", full with " + grouped(measurement.param("entries"))
                            : ""),
                    measurement.label())
                : null);
  }

  private static String peerLabel(String name) {
    return PeerKind.valueOf(name).label();
  }

  /** What differs between two measurements of a section, in words. */
  static String circumstances(Measurement measurement) {
    Map<String, String> params = new TreeMap<>(measurement.params());
    params.remove("peer");
    params.remove(Measurement.FILE_SYSTEM);
    List<String> words = new ArrayList<>();
    String size = params.remove("payloadBytes");
    if (size != null) {
      words.add(bytes(size));
    }
    String keys = params.remove("keys");
    if (keys != null) {
      words.add(grouped(keys) + (keys.equals("1") ? " key" : " keys"));
    }
    String skew = params.remove("skew");
    if (skew != null) {
      words.add(skew.toLowerCase(Locale.ROOT));
    }
    words.addAll(
        params.entrySet().stream()
            .map(entry -> entry.getKey() + " " + entry.getValue())
            .collect(Collectors.toList()));
    if (measurement.threads() > 1) {
      words.add(measurement.threads() + " threads");
    }
    return words.isEmpty() ? "any" : String.join(", ", words);
  }

  private static String grouped(String number) {
    return String.format(Locale.ROOT, "%,d", Long.parseLong(number));
  }

  private static String bytes(String count) {
    long bytes = Long.parseLong(count);
    if (bytes >= 1 << 20) {
      return (bytes >> 20) + " MiB";
    }
    return bytes >= 1 << 10 ? (bytes >> 10) + " KiB" : bytes + " B";
  }
}
