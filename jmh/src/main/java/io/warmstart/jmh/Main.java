package io.warmstart.jmh;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * JMH's own command line, {@code -h} for its help, with two defaults of ours: the forked JVMs get
 * the flags that the store needs, and a benchmark that fails ends the run instead of leaving a gap
 * in its table.
 */
public final class Main {
  private static final String FLAGS_RESOURCE = "warmstart.jvmflags";
  private static final String FORK_FLAGS = "-jvmArgsPrepend";
  private static final String FAIL_ON_ERROR = "-foe";

  private Main() {}

  /** Runs JMH. */
  public static void main(String[] args) throws IOException {
    org.openjdk.jmh.Main.main(withDefaults(args, storeFlags()));
  }

  /**
   * The flags that tests, forks and benchmarks share; the build puts the file next to this class.
   */
  static List<String> storeFlags() throws IOException {
    try (InputStream file = Main.class.getResourceAsStream(FLAGS_RESOURCE)) {
      if (file == null) {
        throw new IOException("missing in the jar: resource=" + FLAGS_RESOURCE);
      }
      return new String(file.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .map(String::strip)
          .filter(line -> !line.isEmpty() && !line.startsWith("#"))
          .toList();
    }
  }

  /** The arguments with what they leave open; forks cannot open a store without the flags. */
  static String[] withDefaults(String[] args, List<String> storeFlags) {
    List<String> all = new ArrayList<>(Arrays.asList(args));
    String flags = String.join(" ", storeFlags);
    int given = all.indexOf(FORK_FLAGS);
    if (given >= 0 && given + 1 < all.size()) {
      all.set(given + 1, flags + " " + all.get(given + 1));
    } else {
      all.add(FORK_FLAGS);
      all.add(flags);
    }
    if (!all.contains(FAIL_ON_ERROR)) {
      all.add(FAIL_ON_ERROR);
      all.add("true");
    }
    return all.toArray(String[]::new);
  }
}
