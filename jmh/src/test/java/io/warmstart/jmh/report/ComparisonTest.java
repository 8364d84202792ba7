package io.warmstart.jmh.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.jmh.report.Comparison.Verdict;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonTest {
  @TempDir Path directory;

  @Test
  void halvedTimesAreLower() {
    Comparison.Line line = only(file("a", 100, 101, 99), file("a", 50, 50.5, 49.5));

    assertEquals(Verdict.LOWER, line.verdict());
    assertEquals(0.5, line.ratio().mean(), 1e-9);
    assertTrue(line.ratio().low() > 0.45 && line.ratio().high() < 0.55);
  }

  @Test
  void doubledTimesAreHigher() {
    assertEquals(
        Verdict.HIGHER, only(file("a", 50, 50.5, 49.5), file("a", 100, 101, 99)).verdict());
  }

  @Test
  void noiseIsNoVerdict() {
    assertEquals(
        Verdict.UNDECIDED, only(file("a", 100, 140, 70), file("a", 90, 130, 60)).verdict());
  }

  @Test
  void oneForkIsNoVerdictHoweverFarApart() {
    Comparison.Line line = only(file("a", 100), file("a", 1));

    assertEquals(Verdict.UNDECIDED, line.verdict());
    assertEquals(0.01, line.ratio().mean(), 1e-9);
    assertFalse(line.ratio().hasInterval());
  }

  @Test
  void sameValuesAreNoVerdict() {
    Comparison.Line line = only(file("a", 7, 7, 7), file("a", 7, 7, 7));

    assertEquals(Verdict.UNDECIDED, line.verdict());
    assertEquals(1, line.ratio().mean(), 1e-12);
  }

  @Test
  void zerosHaveNoRatio() {
    assertTrue(new Comparison(file("a", 0, 0), file("a", 0, 1)).lines().isEmpty());
  }

  @Test
  void whatOnlyOneHasIsNamed() {
    Comparison comparison = new Comparison(file("gone", 1, 2), file("new", 1, 2));

    assertTrue(comparison.lines().isEmpty());
    assertEquals(List.of(measurement("gone", 1, 2).name()), comparison.onlyBefore());
    assertEquals(List.of(measurement("new", 1, 2).name()), comparison.onlyAfter());
    assertTrue(comparison.toMarkdown().contains("only before: gone"));
  }

  @Test
  void filesComeBackAsTheyWereWritten() throws Exception {
    ResultFile written = file("a", 1, 2.5, 3);
    written.write(directory.resolve("results.json"));

    assertEquals(written, ResultFile.read(directory.resolve("results.json")));
  }

  @Test
  void pageNamesRatioAndVerdict() {
    String page = new Comparison(file("a", 100, 101, 99), file("a", 50, 50.5, 49.5)).toMarkdown();

    assertTrue(page.contains("| lower |"), page);
    assertTrue(page.contains("0.500 ("), page);
  }

  private static Comparison.Line only(ResultFile before, ResultFile after) {
    List<Comparison.Line> lines = new Comparison(before, after).lines();
    assertEquals(1, lines.size());
    return lines.get(0);
  }

  private static ResultFile file(String name, double... values) {
    return new ResultFile(Map.of("commit", "c"), List.of(measurement(name, values)));
  }

  private static Measurement measurement(String name, double... values) {
    return new Measurement(
        name,
        Measurement.SCORE,
        Map.of("peer", "LMDB"),
        1,
        "ns/op",
        Arrays.stream(values).boxed().toList());
  }
}
