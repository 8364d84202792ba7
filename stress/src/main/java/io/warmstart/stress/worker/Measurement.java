package io.warmstart.stress.worker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a worker's process holds.
 *
 * @param descriptors open files
 * @param mappings mapped ranges
 * @param residentKib memory in use
 * @param heapKib of it the heap after a collection
 * @param threads threads
 */
public record Measurement(
    long descriptors, long mappings, long residentKib, long heapKib, long threads) {
  static Measurement of(long pid, long heapKib) throws IOException {
    Path process = Path.of("/proc", Long.toString(pid));
    long descriptors;
    try (Stream<Path> open = Files.list(process.resolve("fd"))) {
      descriptors = open.count();
    }
    List<String> maps = Files.readAllLines(process.resolve("maps"));
    List<String> status = Files.readAllLines(process.resolve("status"));
    return new Measurement(
        descriptors, maps.size(), field(status, "VmRSS:"), heapKib, field(status, "Threads:"));
  }

  private static long field(List<String> status, String name) {
    return status.stream()
        .filter(line -> line.startsWith(name))
        .map(line -> line.replaceAll("[^0-9]", ""))
        .mapToLong(Long::parseLong)
        .findFirst()
        .orElse(0);
  }
}
