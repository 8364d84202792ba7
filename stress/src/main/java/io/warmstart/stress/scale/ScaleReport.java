package io.warmstart.stress.scale;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The figures as a document, as tables, and the times as plots.
 *
 * @param environment where and when, by name
 */
record ScaleReport(Map<String, String> environment, List<Figure> figures) {
  private static final String DOCUMENT = "scale.json";
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  /** Times of one size and operation become their median; other numbers the largest. */
  static List<Figure> medians(List<Figure> said) {
    Map<String, List<Figure>> byName =
        said.stream()
            .collect(Collectors.groupingBy(Figure::what, LinkedHashMap::new, Collectors.toList()));
    List<Figure> medians = new ArrayList<>();
    for (List<Figure> each : byName.values()) {
      Figure first = each.get(0);
      double[] values = each.stream().mapToDouble(Figure::value).sorted().toArray();
      double value = first.isTime() ? values[values.length / 2] : values[values.length - 1];
      medians.add(new Figure(first.aspect(), first.size(), first.what(), value, first.unit()));
    }
    return medians;
  }

  /** Reads what {@link #write} has written. */
  static ScaleReport read(Path directory) throws IOException {
    return JSON.readValue(directory.resolve(DOCUMENT).toFile(), ScaleReport.class);
  }

  /** Writes all of it, in place of what was there. */
  void write(Path directory) throws IOException {
    Files.createDirectories(directory);
    Files.write(directory.resolve(DOCUMENT), JSON.writeValueAsBytes(this));
    Files.writeString(directory.resolve("scale.md"), markdown(), StandardCharsets.UTF_8);
    for (Aspect aspect : Aspect.values()) {
      if (of(aspect, Figure::size).size() > 1) {
        Files.writeString(directory.resolve(plotName(aspect)), plot(aspect));
      }
    }
  }

  private static String plotName(Aspect aspect) {
    return "scale-" + aspect.name().toLowerCase(Locale.ROOT) + ".svg";
  }

  /** A table for each aspect. */
  String markdown() {
    StringBuilder page = new StringBuilder();
    environment.forEach((name, value) -> page.append("- %s: %s\n".formatted(name, value)));
    page.append("\nTimes are medians, of processes those of all; memory is the largest.\n");
    for (Aspect aspect : Aspect.values()) {
      List<Long> sizes = of(aspect, Figure::size);
      if (sizes.isEmpty()) {
        continue;
      }
      page.append("\n### ").append(aspect.title()).append("\n\n").append(aspect.note());
      page.append("\n\n| |");
      sizes.forEach(size -> page.append(String.format(Locale.ROOT, " %,d |", size)));
      page.append("\n| --- |").append(" ---: |".repeat(sizes.size())).append('\n');
      for (String what : of(aspect, Figure::what)) {
        page.append("| ").append(what).append(" |");
        for (long size : sizes) {
          page.append(' ').append(text(aspect, what, size)).append(" |");
        }
        page.append('\n');
      }
    }
    return page.toString();
  }

  private <T> List<T> of(Aspect aspect, Function<Figure, T> part) {
    return figures.stream().filter(each -> each.aspect() == aspect).map(part).distinct().toList();
  }

  private String text(Aspect aspect, String what, long size) {
    return figures.stream()
        .filter(each -> each.aspect() == aspect && each.what().equals(what) && each.size() == size)
        .map(ScaleReport::text)
        .collect(Collectors.joining());
  }

  private static String text(Figure figure) {
    double value = figure.value();
    if (!figure.isTime()) {
      String number = String.format(Locale.ROOT, figure.unit().isEmpty() ? "%.0f" : "%.1f", value);
      return (number + " " + figure.unit()).strip();
    }
    if (value < 1e3) {
      return String.format(Locale.ROOT, "%.1f µs", value);
    }
    return String.format(
        Locale.ROOT, value < 1e6 ? "%.1f ms" : "%.1f s", value < 1e6 ? value / 1e3 : value / 1e6);
  }

  private String plot(Aspect aspect) {
    Map<String, List<Figure>> lines =
        figures.stream()
            .filter(each -> each.aspect() == aspect && each.isTime())
            .collect(Collectors.groupingBy(Figure::what, LinkedHashMap::new, Collectors.toList()));
    return GrowthPlot.document(aspect, lines);
  }
}
