package io.warmstart.stress.syscall;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The calls between two marks of a log of {@code strace -f}, those of the thread that made the
 * marks apart from those of all others.
 *
 * <p>Counted between marks, because what a JVM calls to start, to load classes and to compile is
 * more than what a thousand overwrites call.
 *
 * @param own the marking thread's calls by name
 * @param others the calls of all other threads by name
 */
record StraceLog(Map<String, Long> own, Map<String, Long> others) {
  static final StraceLog NONE = new StraceLog(Map.of(), Map.of());

  /** Names that are not there, and are looked at before what is counted and after it. */
  record Marks(String begin, String end) {
    static final Marks OVERWRITES = new Marks("/warmstart-count-begins", "/warmstart-count-ends");
    static final Marks HITS = new Marks("/warmstart-hits-begin", "/warmstart-hits-end");
  }

  // 1234  fsync(7) = 0    A call that another thread interrupts is shown twice: the second time as
  // 1234  <... fsync resumed>) = 0
  private static final Pattern CALL = Pattern.compile("^(\\d+) +([a-z_0-9]+)\\(.*");

  StraceLog {
    own = Map.copyOf(own);
    others = Map.copyOf(others);
  }

  static StraceLog read(Path file, Marks marks) throws IOException {
    try (Stream<String> lines = Files.lines(file, StandardCharsets.ISO_8859_1)) {
      return parse(lines, marks);
    }
  }

  /**
   * Reads a log.
   *
   * @throws IOException if it lacks a mark
   */
  static StraceLog parse(Stream<String> lines, Marks marks) throws IOException {
    Map<String, Long> own = new TreeMap<>();
    Map<String, Long> others = new TreeMap<>();
    String marking = "";
    boolean ended = false;
    for (String line : (Iterable<String>) lines::iterator) {
      Matcher call = CALL.matcher(line);
      if (!call.matches()) {
        continue;
      }
      if (line.contains(marks.begin)) {
        marking = call.group(1);
      } else if (line.contains(marks.end)) {
        ended = true;
        break;
      } else if (!marking.isEmpty()) {
        (call.group(1).equals(marking) ? own : others).merge(call.group(2), 1L, Long::sum);
      }
    }
    if (marking.isEmpty() || !ended) {
      throw new IOException("strace has not seen both marks: begin=" + marking + " end=" + ended);
    }
    return new StraceLog(own, others);
  }

  static long sum(Map<String, Long> calls) {
    return calls.values().stream().mapToLong(Long::longValue).sum();
  }
}
