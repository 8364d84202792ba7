package io.warmstart.stress.cv.plot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class SvgPlotTest {
  private static final int MOST_BYTES = 100_000;

  @Test
  void largerPenaltiesStandToTheRightAndBetterOnesHigher() throws Exception {
    PenaltyCurve curve = Curves.ordinary();
    List<Element> means = elements(SvgPlot.document(curve, List.of("about")), "circle");

    assertEquals(curve.points().size(), means.size());
    for (int k = 1; k < means.size(); k++) {
      assertTrue(number(means.get(k), "cx") < number(means.get(k - 1), "cx"));
      assertEquals(
          curve.points().get(k).accuracy() > curve.points().get(k - 1).accuracy(),
          number(means.get(k), "cy") < number(means.get(k - 1), "cy"),
          "point " + k);
    }
  }

  @Test
  void chosenPenaltyIsMarkedAndSaid() throws Exception {
    PenaltyCurve curve = Curves.ordinary();
    String document = SvgPlot.document(curve, List.of());

    List<Element> chosen = withClass(elements(document, "circle"), "chosen-mean");
    Element line = withClass(elements(document, "line"), "choice").get(0);
    assertEquals(1, chosen.size());
    assertEquals(number(chosen.get(0), "cx"), number(line, "x1"));
    assertEquals(
        "chosen: 0.1000, accuracy 94.00% \u00b1 0.80%",
        withClass(elements(document, "text"), "chosen-text").get(0).getTextContent());
  }

  @Test
  void thresholdIsOneStandardErrorBelowTheBest() throws Exception {
    String document = SvgPlot.document(Curves.ordinary(), List.of());

    Element threshold = withClass(elements(document, "line"), "needed").get(0);
    // The best is 95 %, its standard error 1 %, and so is the chosen one's mean.
    Element chosen = withClass(elements(document, "circle"), "chosen-mean").get(0);
    assertEquals(number(chosen, "cy"), number(threshold, "y1"), 0.11);
    // The best one's own bar: each has three lines, and the chosen one's are of another class.
    Element bar = withClass(elements(document, "line"), "bar").get(3);
    assertEquals(number(bar, "x1"), number(bar, "x2"));
    assertEquals(number(threshold, "y1"), number(bar, "y1"), 0.11);
    assertTrue(number(bar, "y2") < number(chosen, "cy") - 1, document);
  }

  @Test
  void whatIsSaidAboutTheRunIsEscaped() throws Exception {
    String line = "a <kernel> & \"jvm\" · ]]>";

    String document = SvgPlot.document(Curves.ordinary(), List.of("first", line));

    assertEquals(line, elements(document, "text").get(2).getTextContent());
  }

  @Test
  void darkReadersGetItDark() {
    assertTrue(
        SvgPlot.document(Curves.ordinary(), List.of())
            .contains("@media (prefers-color-scheme: dark)"));
  }

  @ParameterizedTest
  @MethodSource("io.warmstart.stress.cv.plot.Curves#odd")
  void everyCurveIsWellFormedWithinItsFrameAndSmall(PenaltyCurve curve) throws Exception {
    String document = SvgPlot.document(curve, List.of("one", "two", "three"));

    assertTrue(document.getBytes(StandardCharsets.UTF_8).length < MOST_BYTES);
    assertFalse(document.contains("NaN") || document.contains("Infinity"), document);
    Element root = root(document);
    double width = number(root, "width");
    double height = number(root, "height");
    assertEquals(curve.points().size(), elements(document, "circle").size());
    for (Element line : elements(document, "line")) {
      for (String x : List.of("x1", "x2")) {
        assertTrue(number(line, x) >= 0 && number(line, x) <= width, document);
      }
      for (String y : List.of("y1", "y2")) {
        assertTrue(number(line, y) >= 0 && number(line, y) <= height, document);
      }
    }
  }

  // A parser that takes namespaces seriously: one that fails here is no SVG to a browser either.
  private static Element root(String document) throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setNamespaceAware(true);
    Element root =
        factory
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(document.getBytes(StandardCharsets.UTF_8)))
            .getDocumentElement();
    assertEquals("http://www.w3.org/2000/svg", root.getNamespaceURI());
    return root;
  }

  private static List<Element> elements(String document, String name) throws Exception {
    NodeList nodes = root(document).getElementsByTagName(name);
    List<Element> elements = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      elements.add((Element) nodes.item(i));
    }
    return elements;
  }

  private static List<Element> withClass(List<Element> elements, String name) {
    return elements.stream().filter(each -> each.getAttribute("class").equals(name)).toList();
  }

  private static double number(Element element, String attribute) {
    return Double.parseDouble(element.getAttribute(attribute));
  }
}
