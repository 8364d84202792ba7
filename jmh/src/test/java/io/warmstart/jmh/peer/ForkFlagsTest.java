package io.warmstart.jmh.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ForkFlagsTest {
  @Test
  void flagsAreThoseOfTheOneFile() throws Exception {
    Path file = Path.of(System.getProperty("warmstart.test.jvmflags"));

    assertEquals(Files.readAllLines(file), ForkFlags.ofStore());
    assertEquals(Files.readAllLines(file), ForkFlags.of(PeerKind.WARMSTART));
  }

  @Test
  void onlyChronicleMapNeedsMore() throws Exception {
    for (PeerKind kind : PeerKind.values()) {
      boolean more = ForkFlags.of(kind).size() > ForkFlags.ofStore().size();
      assertEquals(kind.name().startsWith(PeerKind.CHRONICLE_MAP.name()), more, kind.name());
    }
    assertTrue(ForkFlags.of(PeerKind.CHRONICLE_MAP).containsAll(ForkFlags.ofStore()));
  }
}
