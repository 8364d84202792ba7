package io.warmstart.jmh.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;

class ReportTest {
  @Test
  void ratiosArePairedByForkAndDoubtIsMarked() {
    String page =
        new Report(
                file(
                    hit("LMDB", 400, 800, 1600),
                    hit("ROCKSDB", 90, 230, 380),
                    hit("WARMSTART", 100, 200, 400)))
            .toMarkdown();

    assertTrue(page.contains("| LMDB | 933 ± 1518 ns [4 (4 to 4)] |"), page);
    String doubtful =
        page.lines().filter(line -> line.startsWith("| RocksDB |")).findFirst().orElseThrow();
    assertTrue(doubtful.contains("?]"), doubtful);
  }

  @Test
  void thisEngineStandsFirst() {
    String page = new Report(file(hit("LMDB", 4, 5), hit("WARMSTART", 1, 2))).toMarkdown();

    assertTrue(page.indexOf("| warmstart |") < page.indexOf("| LMDB |"), page);
  }

  @Test
  void savesInTurnsTakeTheRatiosThatWereTakenPairByPair() {
    Map<String, String> params = Map.of("payloadBytes", "4096", "peers", "ALL");
    String page =
        new Report(
                file(
                    turn("overwrite.WARMSTART:p0.50", params, "us/op", 100, 100),
                    turn("overwrite.LMDB:p0.50", params, "us/op", 300, 300),
                    turn("ratioToWarmstart.LMDB", params, "ratio", 2, 2)))
            .toMarkdown();

    assertTrue(page.contains("[2 (2 to 2)]"), page);
  }

  @Test
  void eachFileSystemHasAColumnWithRatiosOfItsOwn() {
    Map<String, String> here = Map.of("payloadBytes", "4096", "peers", "ALL", "fileSystem", "here");
    Map<String, String> xfs = Map.of("payloadBytes", "4096", "peers", "ALL", "fileSystem", "xfs");
    String page =
        new Report(
                file(
                    turn("overwrite.WARMSTART:p0.99", here, "us/op", 100, 100),
                    turn("overwrite.LMDB:p0.99", here, "us/op", 200, 200),
                    turn("overwrite.WARMSTART:p0.99", xfs, "us/op", 100, 100),
                    turn("overwrite.LMDB:p0.99", xfs, "us/op", 400, 400)))
            .toMarkdown();

    assertTrue(page.contains("| | 4 KiB, here | 4 KiB, xfs |"), page);
    assertTrue(page.contains("[2 (2 to 2)] | 400 ± 0 us [4 (4 to 4)] |"), page);
  }

  @Test
  void savesIntoTheJournalHaveTablesOfTheirOwn() {
    Map<String, String> params = Map.of("payloadBytes", "4096", "peers", "POWER_SAFE");
    String page =
        new Report(
                file(
                    turn("overwrite.WARMSTART_POWER_SAFE:p0.50", params, "us/op", 100, 100),
                    turn("overwrite.WARMSTART:p0.50", params, "us/op", 900, 900),
                    turn("ratioToWarmstart.WARMSTART", params, "ratio", 4, 4)))
            .toMarkdown();

    assertTrue(page.contains("### Overwrite that survives a power cut, median"), page);
    assertTrue(page.contains("| warmstart power-safe | 100 ± 0 us |"), page);
    assertTrue(page.contains("| warmstart | 900 ± 0 us [4 (4 to 4)] |"), page);
    assertFalse(page.contains("### Durable overwrite"), page);
  }

  @Test
  void whatASaveTakesOnceItIsCompiledHasTablesOfItsOwn() {
    Map<String, String> first =
        Map.of("payloadBytes", "4096", "peers", "POWER_SAFE", "savesBefore", "0");
    Map<String, String> later =
        Map.of("payloadBytes", "4096", "peers", "POWER_SAFE", "savesBefore", "20000");
    String page =
        new Report(
                file(
                    turn("overwrite.WARMSTART_POWER_SAFE:p0.50", first, "us/op", 200, 200),
                    turn("overwrite.WARMSTART_POWER_SAFE:p0.50", later, "us/op", 100, 100)))
            .toMarkdown();

    int ofFirst = page.indexOf("### Overwrite that survives a power cut, median");
    int ofLater =
        page.indexOf(
            "### Overwrite that survives a power cut, by a process that has saved before, median");
    assertTrue(0 <= ofFirst && ofFirst < ofLater, page);
    assertTrue(page.substring(ofFirst, ofLater).contains("| warmstart power-safe | 200 ± 0 us |"));
    assertFalse(page.substring(ofFirst, ofLater).contains("20,000"), page);
    assertTrue(page.substring(ofLater).contains("| warmstart power-safe | 100 ± 0 us |"), page);
    assertTrue(page.substring(ofLater).contains("20,000 times at most"), page);
  }

  @Test
  void headerNamesWhereItWasMeasured() {
    assertTrue(new Report(file(hit("LMDB", 1, 2))).toMarkdown().startsWith("- commit: <c>\n"));
  }

  @Test
  void pageIsWellFormedHasPlotsAndLoadsNothing() throws Exception {
    String page = new Report(file(hit("LMDB", 400, 800), hit("WARMSTART", 100, 200))).toHtml();

    assertTrue(page.contains("commit</dt><dd>&lt;c&gt;</dd>"));
    assertTrue(page.contains("<svg"));
    assertFalse(page.contains("<script"));
    assertFalse(page.contains(" src="));
    assertFalse(page.contains(" href="));
    for (String plot : plots(page)) {
      assertEquals(
          "svg",
          DocumentBuilderFactory.newInstance()
              .newDocumentBuilder()
              .parse(new InputSource(new StringReader(plot)))
              .getDocumentElement()
              .getNodeName());
    }
  }

  private static List<String> plots(String page) {
    List<String> plots = new ArrayList<>();
    int start = page.indexOf("<svg");
    while (start >= 0) {
      int end = page.indexOf("</svg>", start) + "</svg>".length();
      plots.add(page.substring(start, end));
      start = page.indexOf("<svg", end);
    }
    assertFalse(plots.isEmpty());
    return plots;
  }

  private static ResultFile file(Measurement... measurements) {
    return new ResultFile(Map.of("commit", "<c>"), List.of(measurements));
  }

  private static Measurement hit(String peer, double... values) {
    return new Measurement(
        "LookupBenchmark.hit",
        Measurement.SCORE,
        Map.of("peer", peer, "keys", "1000", "payloadBytes", "4096", "skew", "ZIPF"),
        1,
        "ns/op",
        Arrays.stream(values).boxed().toList());
  }

  private static Measurement turn(
      String label, Map<String, String> params, String unit, double... values) {
    return new Measurement(
        "SaveInTurnsBenchmark.overwrite",
        label,
        params,
        1,
        unit,
        Arrays.stream(values).boxed().toList());
  }
}
