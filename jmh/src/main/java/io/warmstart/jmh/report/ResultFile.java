package io.warmstart.jmh.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * All measurements of one run.
 *
 * @param environment where and when, by name
 * @param measurements in the order of the plan
 */
public record ResultFile(Map<String, String> environment, List<Measurement> measurements) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Keeps its own copies. */
  public ResultFile {
    environment = new LinkedHashMap<>(environment);
    measurements = List.copyOf(measurements);
  }

  /** Writes the file. */
  public void write(Path file) throws IOException {
    JSON.writeValue(file.toFile(), this);
  }

  /** Reads a file that {@link #write} has written. */
  public static ResultFile read(Path file) throws IOException {
    return JSON.readValue(file.toFile(), ResultFile.class);
  }
}
