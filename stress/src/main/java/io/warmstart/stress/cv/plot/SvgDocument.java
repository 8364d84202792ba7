package io.warmstart.stress.cv.plot;

import java.util.Locale;

/**
 * An SVG document that needs nothing beside itself, light or dark as its reader has it.
 *
 * <p><b>Threads:</b> not safe; one document each.
 */
public final class SvgDocument {
  // Colours stand in classes and not in variables, which some programs that draw SVG do not know.
  private static final String STYLE =
      """
      text { font: 13px system-ui, sans-serif; fill: #1f2328 }
      .title { font-size: 17px; font-weight: 600 }
      .dim { fill: #59636e; font-size: 12px }
      .paper { fill: #ffffff }
      .grid { stroke: #dfe3e8 } .axis { stroke: #59636e }
      @media (prefers-color-scheme: dark) {
        text { fill: #e6edf3 } .dim { fill: #9aa4ae } .paper { fill: #0d1117 }
        .grid { stroke: #2a313a } .axis { stroke: #9aa4ae }
      }
      """;

  private final StringBuilder svg = new StringBuilder();

  /**
   * Begins one.
   *
   * @param style of the classes that it uses beside text, title, dim, grid and axis
   */
  public SvgDocument(String title, int width, int height, String style) {
    add(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"%d\" height=\"%d\"",
        width, height);
    add(" viewBox=\"0 0 %d %d\">\n<title>%s</title>\n", width, height, escape(title));
    add("<style>\n%s%s</style>\n", STYLE, style);
    add("<rect class=\"paper\" width=\"%d\" height=\"%d\"/>\n", width, height);
  }

  /** Ends it, and returns it. */
  public String end() {
    return svg.append("</svg>\n").toString();
  }

  /** A line of a class. */
  public void line(String style, double x1, double y1, double x2, double y2) {
    add(
        "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
        style, x1, y1, x2, y2);
  }

  /**
   * Text of a class.
   *
   * @param anchor start, middle or end
   */
  public void text(String style, double x, double y, String anchor, String text) {
    add(
        "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n",
        style, x, y, anchor, escape(text));
  }

  /** Anything. */
  public void add(String pattern, Object... arguments) {
    svg.append(format(pattern, arguments));
  }

  /** Numbers as SVG has them, whatever the locale. */
  public static String format(String pattern, Object... arguments) {
    return String.format(Locale.ROOT, pattern, arguments);
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
