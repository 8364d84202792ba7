package io.warmstart.stress.volume;

import io.warmstart.stress.frame.DurabilityNames;
import io.warmstart.stress.frame.ScenarioResult;
import io.warmstart.stress.frame.Verdict;
import io.warmstart.stress.report.Host;
import io.warmstart.stress.volume.VolumeResults.Done;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The page made of the results: what was done, how soon, by which commands, and what is wrong. */
final class VolumePage {
  private static final String READING =
      "What a row has done is what it had to, and more: the minimums stand in brackets. A chance is"
          + " mostly an acknowledged save; for `overwrite-read` that or a read, for `power-cut` a"
          + " cut, for `faults` a call made to fail, for `fuzz` an input. With n chances and no loss,"
          + " the rate of losses is below 3/n with 95 % confidence. Skipped is not passed.";

  private final VolumeResults results;
  private final StringBuilder page = new StringBuilder();

  VolumePage(VolumeResults results) {
    this.results = results;
  }

  String markdown() {
    header();
    done();
    perRow("Wrong", ScenarioResult::problems);
    perRow("Not run here", ScenarioResult::skipped);
    perRow("Notes", ScenarioResult::notes);
    latencies();
    commands();
    return page.toString();
  }

  private void header() {
    Host host = results.host();
    double seconds =
        results.rows().stream().mapToDouble(row -> row.result().elapsedSeconds()).sum();
    page.append("# Volumes of the stress harness\n\n");
    page.append("Made of [volumes.json](volumes.json), which has all counts.\n\n");
    fact("commit", results.commit());
    fact("command", "`" + results.command() + "`");
    fact("finished", host.finished());
    fact("processor", host.processor() + ", cores=" + host.processors());
    fact("memory", host.memory());
    fact("kernel", host.system());
    fact("jvm", host.jvm());
    results.rows().stream()
        .collect(
            Collectors.toMap(
                row -> row.row().fileSystem(),
                Done::fileSystem,
                (first, later) -> first,
                LinkedHashMap::new))
        .forEach((name, facts) -> fact("file system " + name, facts));
    fact("rows", results.verdicts() + number("; %.0f minutes", seconds / 60));
    page.append('\n').append(READING).append('\n');
  }

  private void fact(String name, String value) {
    page.append("- ").append(name).append(": ").append(value).append('\n');
  }

  private void done() {
    page.append("\n| scenario | durability | file system | verdict | processes | seconds | done");
    page.append(" | chances | lost | bound |\n");
    page.append("| --- | --- | --- | --- | ---: | ---: | --- | ---: | ---: | ---: |\n");
    for (Done each : results.rows()) {
      ScenarioResult result = each.result();
      cells(
          "`" + each.row().scenario() + "`",
          DurabilityNames.of(each.row().durability()),
          each.row().fileSystem(),
          verdict(each),
          String.valueOf(result.processes()),
          number("%.0f", result.elapsedSeconds()),
          result.minimums().stream()
              .map(least -> number("%,d %s (%,d)", least.actual(), least.what(), least.least()))
              .collect(Collectors.joining("; ")),
          number("%,d", result.trials()),
          number("%,d", result.losses()),
          result.trials() == 0 || result.losses() > 0 ? "" : number("%.1e", result.lossBound95()));
    }
  }

  private static String verdict(Done done) {
    String word = done.verdict().name();
    return done.verdict() == Verdict.FAILED ? "**" + word + "**" : word.toLowerCase(Locale.ROOT);
  }

  private void perRow(String title, Function<ScenarioResult, List<String>> lines) {
    if (results.rows().stream().allMatch(row -> lines.apply(row.result()).isEmpty())) {
      return;
    }
    page.append("\n## ").append(title).append("\n\n");
    for (Done each : results.rows()) {
      for (String line : lines.apply(each.result())) {
        page.append("- ").append(each.row().title()).append(": ").append(line).append('\n');
      }
    }
  }

  private void latencies() {
    page.append(
        "\n## How long operations took\n\nIn microseconds, checks and pauses left out.\n\n");
    page.append("| row | operation | count | p50 | p99 | p99.9 | longest |\n");
    page.append("| --- | --- | ---: | ---: | ---: | ---: | ---: |\n");
    for (Done each : results.rows()) {
      for (Map.Entry<String, ScenarioResult.Latency> one : each.result().latencies().entrySet()) {
        ScenarioResult.Latency latency = one.getValue();
        cells(
            each.row().title(),
            one.getKey(),
            number("%,d", latency.count()),
            number("%,.0f", latency.at(50)),
            number("%,.0f", latency.at(99)),
            number("%,.0f", latency.at(99.9)),
            number("%,.0f", latency.maxMicros()));
      }
    }
  }

  private void commands() {
    page.append("\n## One row again\n\nWith `--root DIR` on the row's file system.\n\n```sh\n");
    results.rows().forEach(each -> page.append(each.result().replay()).append('\n'));
    page.append("```\n");
  }

  private void cells(String... cells) {
    page.append("| ").append(String.join(" | ", cells)).append(" |\n");
  }

  private static String number(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
