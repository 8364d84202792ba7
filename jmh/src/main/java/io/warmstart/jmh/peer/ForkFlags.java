package io.warmstart.jmh.peer;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The flags that forked JVMs get: those that the store needs, and no more than a peer needs. */
public final class ForkFlags {
  private static final String RESOURCE = "/io/warmstart/jmh/warmstart.jvmflags";

  private ForkFlags() {}

  /**
   * The flags that tests, forks and benchmarks share; the build puts the file beside the classes.
   */
  public static List<String> ofStore() throws IOException {
    try (InputStream file = ForkFlags.class.getResourceAsStream(RESOURCE)) {
      if (file == null) {
        throw new IOException("missing in the jar: resource=" + RESOURCE);
      }
      return new String(file.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .map(String::strip)
          .filter(line -> !line.isEmpty() && !line.startsWith("#"))
          .toList();
    }
  }

  /** The store's flags and a peer's. */
  public static List<String> of(PeerKind peer) throws IOException {
    List<String> flags = new ArrayList<>(ofStore());
    flags.addAll(peer.jvmFlags());
    return flags;
  }
}
