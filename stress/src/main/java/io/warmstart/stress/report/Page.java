package io.warmstart.stress.report;

import io.warmstart.stress.frame.ScenarioResult;
import io.warmstart.stress.frame.Verdict;
import java.io.IOException;
import java.util.List;
import java.util.Locale;

/** The page: a table of all scenarios, then each one with its counts and its latencies. */
final class Page {
  private static final String STYLE =
      """
      body { font: 15px/1.45 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
      table { border-collapse: collapse; margin: .6rem 0 1.2rem }
      th, td { text-align: left; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid #ddd }
      td.n { text-align: right; font-variant-numeric: tabular-nums }
      .passed { color: #176c2c } .failed { color: #b00020; font-weight: 600 } .skipped { color: #8a6100 }
      code { font-size: 13px; overflow-wrap: anywhere } img { max-width: 100%; height: auto }
      """;

  private final Host host;
  private final List<ScenarioResult> results;
  private final StringBuilder html = new StringBuilder();

  Page(Host host, List<ScenarioResult> results) {
    this.host = host;
    this.results = results;
  }

  String html() throws IOException {
    html.append("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n");
    html.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    html.append("<title>warmstart under stress</title>\n<style>\n").append(STYLE);
    html.append("</style>\n<h1>warmstart under stress</h1>\n<p>");
    html.append(
        escape(
            "%s · %s · %d processors · %s"
                .formatted(host.finished(), host.system(), host.processors(), host.jvm())));
    html.append("</p>\n");
    overview();
    for (ScenarioResult each : results) {
      section(each);
    }
    html.append("</html>\n");
    return html.toString();
  }

  private void overview() {
    html.append("<table>\n<tr><th>scenario<th>verdict<th>seconds<th>chances of loss<th>lost");
    html.append("<th>loss rate, 95 % bound\n");
    for (ScenarioResult each : results) {
      html.append("<tr><td><a href=\"#").append(each.scenario()).append("\">");
      html.append(each.scenario()).append("</a>");
      html.append("<td class=\"").append(word(each.verdict())).append("\">");
      html.append(word(each.verdict()));
      number("%.1f", each.elapsedSeconds());
      number("%,d", each.trials());
      number("%,d", each.losses());
      html.append("<td class=\"n\">");
      html.append(each.trials() == 0 ? "–" : "%.2g".formatted(each.lossBound95()));
      html.append('\n');
    }
    html.append("</table>\n<p>The bound: with n chances and no loss, the rate is below 3/n with");
    html.append(" 95 % confidence. Skipped is not passed.</p>\n");
  }

  private void section(ScenarioResult result) throws IOException {
    html.append("<h2 id=\"").append(result.scenario()).append("\">");
    html.append(result.scenario()).append(" <span class=\"");
    html.append(word(result.verdict())).append("\">").append(word(result.verdict()));
    html.append("</span></h2>\n<p>Seed ").append(result.seed()).append("; again: <code>");
    html.append(escape(result.replay())).append("</code></p>\n");
    list("Wrong", result.problems());
    list("Skipped", result.skipped());
    list("Notes", result.notes());
    counts(result);
    if (!result.latencies().isEmpty()) {
      html.append("<p><img alt=\"Latencies of ").append(result.scenario());
      html.append(" by percentile\" src=\"");
      html.append(PercentileChart.dataUri(result.scenario(), result.latencies()));
      html.append("\"></p>\n");
    }
  }

  private void counts(ScenarioResult result) {
    if (result.counts().isEmpty()) {
      return;
    }
    html.append("<table>\n<tr><th>count<th>actual<th>at least\n");
    result
        .counts()
        .forEach(
            (what, count) -> {
              html.append("<tr><td>").append(escape(what));
              number("%,d", count);
              html.append("<td class=\"n\">");
              result.minimums().stream()
                  .filter(minimum -> minimum.what().equals(what))
                  .forEach(minimum -> html.append("%,d".formatted(minimum.least())));
              html.append('\n');
            });
    html.append("</table>\n");
  }

  private void list(String title, List<String> lines) {
    if (lines.isEmpty()) {
      return;
    }
    html.append("<p>").append(title).append(":</p>\n<ul>\n");
    lines.forEach(line -> html.append("<li>").append(escape(line)).append('\n'));
    html.append("</ul>\n");
  }

  private void number(String format, Object value) {
    html.append("<td class=\"n\">").append(String.format(Locale.ROOT, format, value));
  }

  private static String word(Verdict verdict) {
    return verdict.name().toLowerCase(Locale.ROOT);
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
  }
}
