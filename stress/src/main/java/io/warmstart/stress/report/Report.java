package io.warmstart.stress.report;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.warmstart.stress.frame.ScenarioResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes one page for people and one document for programs. */
public final class Report {
  /** The page's file name. */
  public static final String PAGE = "report.html";

  static final String DOCUMENT = "report.json";

  /** Reads and writes documents of results. */
  public static final JsonMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  private Report() {}

  /** Writes both, in place of what was there. */
  public static void write(Path directory, List<ScenarioResult> results) throws IOException {
    Files.createDirectories(directory);
    Host host = Host.ofThisMachine();
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("host", host);
    document.put("scenarios", results);
    Files.write(directory.resolve(DOCUMENT), MAPPER.writeValueAsBytes(document));
    Files.writeString(
        directory.resolve(PAGE), new Page(host, results).html(), StandardCharsets.UTF_8);
  }
}
