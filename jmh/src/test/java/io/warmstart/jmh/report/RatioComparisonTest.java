package io.warmstart.jmh.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.jmh.report.RatioComparison.Verdict;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** On what is published: every table of it has a floor or a peer. */
class RatioComparisonTest {
  private static final Path PUBLISHED =
      Path.of(
          System.getProperty("warmstart.test.projectRoot"),
          "docs",
          "results",
          "power-safe-overwrites.json");

  private static ResultFile published() throws IOException {
    return ResultFile.read(PUBLISHED);
  }

  private static ResultFile changed(ResultFile results, UnaryOperator<Measurement> change) {
    return new ResultFile(
        results.environment(), results.measurements().stream().map(change).toList());
  }

  private static Measurement times(Measurement measurement, double factor) {
    return new Measurement(
        measurement.benchmark(),
        measurement.label(),
        measurement.params(),
        measurement.threads(),
        measurement.unit(),
        measurement.forks().stream().map(value -> value * factor).toList());
  }

  private static boolean isRatio(Measurement measurement) {
    return !measurement.unit().endsWith("/op");
  }

  @Test
  void aMachineThatIsThreeTimesAsSlowChangesNothing() throws IOException {
    ResultFile slow = changed(published(), each -> isRatio(each) ? each : times(each, 3));

    RatioComparison comparison = new RatioComparison(published(), slow);

    assertTrue(comparison.lines().size() > 20, comparison.toMarkdown());
    assertTrue(
        comparison.lines().stream().allMatch(line -> line.verdict() == Verdict.UNDECIDED),
        comparison.toMarkdown());
    assertFalse(comparison.anySlower());
  }

  @Test
  void anEngineThatTakesTwiceAsLongBesideTheSamePeersIsSlower() throws IOException {
    // As the ratios would come out that its turns were measured with.
    ResultFile slower = changed(published(), each -> isRatio(each) ? times(each, 0.5) : each);

    RatioComparison comparison = new RatioComparison(published(), slower);

    assertTrue(comparison.anySlower());
    List<String> slow =
        comparison.lines().stream()
            .filter(line -> line.verdict() == Verdict.SLOWER)
            .map(RatioComparison.Line::name)
            .toList();
    assertTrue(slow.toString().contains("the floor"), slow::toString);
    assertTrue(comparison.lines().stream().noneMatch(line -> line.verdict() == Verdict.FASTER));
    assertEquals(
        Verdict.FASTER,
        new RatioComparison(slower, published())
            .lines().stream()
                .filter(line -> line.name().equals(slow.get(0)))
                .findFirst()
                .orElseThrow()
                .verdict());
  }
}
