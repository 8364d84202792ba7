package io.warmstart.jmh.report;

import io.warmstart.jmh.report.Table.Chart;
import io.warmstart.jmh.report.Table.Fields;
import java.io.IOException;
import java.util.Map;

/**
 * A page with everything in it: styles, tables, plots as SVG. It loads nothing and runs nothing.
 */
final class HtmlPage {
  private static final String STYLE =
      """
      body { font: 15px/1.5 sans-serif; max-width: 72em; margin: 2em auto; padding: 0 1em; color: #222; }
      table { border-collapse: collapse; margin: 1em 0; }
      th, td { border-bottom: 1px solid #ddd; padding: .3em .8em; text-align: right; }
      th:first-child, td:first-child { text-align: left; }
      dt { float: left; clear: left; width: 9em; color: #666; }
      dd { margin-left: 9em; }
      svg { max-width: 100%; height: auto; }
      """;

  private final Map<String, String> environment;
  private final Map<Table, Fields> tables;

  HtmlPage(Map<String, String> environment, Map<Table, Fields> tables) {
    this.environment = environment;
    this.tables = tables;
  }

  String render() throws IOException {
    StringBuilder page = new StringBuilder();
    page.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.append("<title>warmstart benchmarks</title>\n<style>\n").append(STYLE);
    page.append("</style>\n</head>\n<body>\n<h1>warmstart benchmarks</h1>\n<dl>\n");
    environment.forEach(
        (name, value) ->
            page.append("<dt>")
                .append(escape(name))
                .append("</dt><dd>")
                .append(escape(value))
                .append("</dd>\n"));
    page.append("</dl>\n<p>").append(escape(Report.READING)).append("</p>\n");
    for (Map.Entry<Table, Fields> entry : tables.entrySet()) {
      append(page, entry.getKey(), entry.getValue());
    }
    return page.append("</body>\n</html>\n").toString();
  }

  private static void append(StringBuilder page, Table table, Fields fields) throws IOException {
    page.append("<h2>").append(escape(table.title())).append("</h2>\n");
    page.append("<p>").append(escape(table.note())).append("</p>\n");
    if (table.chart() != Chart.NONE) {
      page.append(Plots.svg(table, fields)).append('\n');
    }
    page.append("<table>\n<tr><th></th>");
    fields.columns().forEach(column -> page.append("<th>").append(escape(column)).append("</th>"));
    page.append("</tr>\n");
    for (String row : fields.rows()) {
      page.append("<tr><td>").append(escape(row)).append("</td>");
      for (String column : fields.columns()) {
        page.append("<td>").append(escape(Report.text(fields.get(row, column)))).append("</td>");
      }
      page.append("</tr>\n");
    }
    page.append("</table>\n");
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
