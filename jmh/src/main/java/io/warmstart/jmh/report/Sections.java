package io.warmstart.jmh.report;

import io.warmstart.jmh.peer.PeerKind;
import io.warmstart.jmh.report.Section.Place;
import io.warmstart.jmh.report.Table.Chart;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The questions of the report, in its order. */
final class Sections {
  private static final String BASELINE = PeerKind.WARMSTART.label();

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
    sections.addAll(TurnSections.all());
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
                ? new Place(
                    Circumstances.peer(measurement.param("peer")), Circumstances.of(measurement))
                : null);
  }

  private static Section byMethod(String title, String note, String classAndDot) {
    Function<Measurement, @Nullable Place> place =
        measurement ->
            measurement.benchmark().startsWith(classAndDot)
                    && measurement.label().equals(Measurement.SCORE)
                ? new Place(
                    measurement.benchmark().substring(classAndDot.length()),
                    Circumstances.of(measurement))
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
                    Circumstances.peer(measurement.param("peer")),
                    Circumstances.grouped(measurement.param("keys")))
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
                ? new Place(
                    "index", Circumstances.grouped(measurement.param("entries")) + " entries")
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
                    Circumstances.grouped(measurement.param("entries")) + " entries")
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
                    measurement.param("durability"),
                    Circumstances.grouped(measurement.param("runs")) + " runs")
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
                  + (sweeper.isEmpty() ? "" : ", " + Circumstances.peer(sweeper));
          return new Place(row, Circumstances.grouped(measurement.param("entries")) + " entries");
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
                    Circumstances.peer(measurement.param("peer"))
                        + ", "
                        + measurement.param("processes")
                        + " processes"
                        + (measurement.param("budget").equals("FULL")
                            ? ", full with " + Circumstances.grouped(measurement.param("entries"))
                            : ""),
                    measurement.label())
                : null);
  }
}
