package io.warmstart.jmh.report;

import io.warmstart.jmh.report.Table.Field;
import io.warmstart.jmh.report.Table.Fields;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The pages made of a file of results. */
public final class Report {
  /** What a reader must know of all tables. */
  static final String READING =
      "Times are means over forks, with half the 95 % confidence interval (Student's t, one value"
          + " for each fork). In brackets: how many times as long as this engine it takes, a"
          + " geometric mean of the forks measured next to each other, with its 95 % interval."
          + " Above 1 this engine is faster, below 1 the other is. An interval that holds 1 decides"
          + " nothing and is marked with a question mark.";

  private final ResultFile results;
  private final Map<Table, Fields> tables = new LinkedHashMap<>();

  /** The pages of these results. */
  public Report(ResultFile results) {
    this.results = results;
    for (Section section : Sections.all()) {
      Fields fields = section.fill(results.measurements());
      if (!fields.isEmpty()) {
        tables.put(section.table(), fields);
      }
    }
  }

  /** Tables. */
  public String toMarkdown() {
    StringBuilder page = new StringBuilder();
    results
        .environment()
        .forEach(
            (name, value) ->
                page.append("- ").append(name).append(": ").append(value).append('\n'));
    page.append('\n').append(READING).append('\n');
    tables.forEach((table, fields) -> append(page, table, fields));
    return page.toString();
  }

  private static void append(StringBuilder page, Table table, Fields fields) {
    page.append("\n### ").append(table.title()).append("\n\n");
    if (!table.note().isEmpty()) {
      page.append(table.note()).append("\n\n");
    }
    page.append("| |");
    StringBuilder rule = new StringBuilder("| --- |");
    for (String column : fields.columns()) {
      page.append(' ').append(column).append(" |");
      rule.append(" ---: |");
    }
    page.append('\n').append(rule).append('\n');
    for (String row : fields.rows()) {
      page.append("| ").append(row).append(" |");
      for (String column : fields.columns()) {
        page.append(' ').append(text(fields.get(row, column))).append(" |");
      }
      page.append('\n');
    }
  }

  /** A field as a person reads it. */
  static String text(@Nullable Field field) {
    if (field == null) {
      return "";
    }
    String value = Figures.withUnit(field.estimate(), field.unit());
    Estimate ratio = field.ratio();
    if (ratio == null) {
      return value;
    }
    String doubt = ratio.partsFrom(1) ? "" : "?";
    return value + " [" + Figures.ratio(ratio) + doubt + "]";
  }

  /** Tables and plots, in one file that loads nothing. */
  public String toHtml() throws IOException {
    return new HtmlPage(results.environment(), tables).render();
  }
}
