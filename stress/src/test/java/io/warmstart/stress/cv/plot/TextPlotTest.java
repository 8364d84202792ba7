package io.warmstart.stress.cv.plot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TextPlotTest {
  /** As it looks: a change of it is a change of this. */
  @Test
  void curveIsDrawnToItsAxis() {
    assertEquals(
        """
                   0%      50%          80%       90%       95%          98%
          4.00e-01 . o       .            .         .      :  .            .
          1.00e-01 .         .            .         .    --#--.            .  <- chosen
          3.00e-02 .         .            .         .      ---o---         .  <- best
        """,
        String.join("\n", TextPlot.lines(Curves.ordinary()).subList(0, 4)) + "\n");
  }

  @Test
  void lengthOfABarIsTheStandardErrorToBothSides() {
    PenaltyCurve narrow = curve(0.01);
    PenaltyCurve wide = curve(0.04);

    assertTrue(bar(wide) > bar(narrow) && bar(narrow) > 1, bar(wide) + " " + bar(narrow));
  }

  @ParameterizedTest
  @MethodSource("io.warmstart.stress.cv.plot.Curves#odd")
  void everyCurveFitsTheTerminalInPlainCharacters(PenaltyCurve curve) {
    List<String> lines = TextPlot.lines(curve);

    assertEquals(curve.points().size() + 3, lines.size());
    for (String line : lines) {
      assertTrue(line.length() < 80, line);
      assertTrue(line.chars().allMatch(c -> c >= ' ' && c <= '~'), line);
    }
    assertTrue(lines.get(1 + curve.chosen()).matches(".*#.*  <- chosen"), lines.toString());
    assertEquals(1, lines.stream().filter(line -> line.endsWith("<- chosen")).count());
  }

  private static PenaltyCurve curve(double standardError) {
    return new PenaltyCurve(
        List.of(
            new PenaltyCurve.Point(1.0, 0.5, standardError),
            new PenaltyCurve.Point(0.1, 0.9, standardError)),
        1,
        1);
  }

  private static long bar(PenaltyCurve curve) {
    return TextPlot.lines(curve)
        .get(2)
        .replaceAll("<-.*", "")
        .chars()
        .filter(c -> c == '-')
        .count();
  }
}
