package io.warmstart.pair;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.FileFacts;
import io.warmstart.io.NioFileOps;
import io.warmstart.pair.KeyListing.Suspect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which runs of a key are not whole. */
class BrokenRunsTest {
  private static final int RUNS = 1000;

  /** For each payload all manifests were gone through that could not be read. */
  @Test
  void suspectsAreGoneThroughOnceAndNotForEachPayload(@TempDir Path directory) throws Exception {
    FileFacts facts = facts(directory);
    List<Suspect> suspects = new ArrayList<>();
    Map<String, FileFacts> payloads = new HashMap<>();
    Set<String> broken = new HashSet<>();
    for (int run = 0; run < RUNS; run++) {
      suspects.add(
          new Suspect(
              "unreadable-" + run, Path.of("unreadable-" + run + ".json"), "no access", true));
      payloads.put("unreadable-" + run, facts);
      payloads.put("stray-" + run, facts);
      broken.add("stray-" + run);
    }
    AtomicInteger looks = new AtomicInteger();
    KeyListing listing =
        new KeyListing(
            true,
            List.of(),
            Map.of(),
            payloads,
            counting(suspects, looks),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            true);

    assertEquals(broken, listing.brokenRuns());
    assertEquals(RUNS, listing.otherFiles());

    assertTrue(looks.get() <= 10 * RUNS, () -> "looks: " + looks);
  }

  private static FileFacts facts(Path directory) throws Exception {
    Path file = Files.writeString(directory.resolve("payload"), "payload");
    return new NioFileOps().stat(file);
  }

  private static List<Suspect> counting(List<Suspect> suspects, AtomicInteger looks) {
    return new AbstractList<>() {
      @Override
      public Suspect get(int index) {
        looks.incrementAndGet();
        return suspects.get(index);
      }

      @Override
      public int size() {
        return suspects.size();
      }
    };
  }
}
