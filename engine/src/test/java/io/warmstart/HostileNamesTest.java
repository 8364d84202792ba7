package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.Ranking;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names that nobody of ours has given, found in a root and in a key directory. */
@Tag("slow")
class HostileNamesTest {
  @TempDir Path root;
  private final Fingerprint key = Payloads.key("hostile names");

  /** Gives a good pair a second, hostile name. */
  private KeyFiles plantPair(String hostile, boolean keepGood) throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root)) {
      store.saveOverwrite(key, "good", new byte[] {1}, EntryAttributes.checkpoint());
    }
    KeyFiles files = KeyFiles.of(root, key);
    Files.copy(files.manifest("good"), files.file(hostile + ".json"));
    Files.copy(files.payload("good"), files.file(hostile + ".bin"));
    if (!keepGood) {
      Files.delete(files.manifest("good"));
      Files.delete(files.payload("good"));
    }
    return files;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {".hidden", "-rf", "_x", "a b", "a\nb", "r\u00e9sum\u00e9", "r.tmp", "x.tmp.7"})
  void aPairUnderANameThatNoRunCanHaveIsNeverReadNorRemoved(String hostile) throws IOException {
    KeyFiles files = plantPair(hostile, false);
    try (WarmStartStore store = WarmStartStore.open(root)) {
      assertTrue(store.lookup(key).isEmpty());
      assertEquals(0, store.inspect().entries());
      assertEquals(0, store.inspect().bytes(), "what is no entry counts for no budget");
      assertEquals(KeyFiles.bytesOf(root), store.inspect().otherBytes(), "and is told of");
      store.evictOverflow();
    }
    assertEquals(List.of(hostile + ".bin", hostile + ".json"), files.names());
  }

  @Test
  void aPairOfThreeHundredCharactersCannotBe() throws IOException {
    // The longest name that the file system takes.
    String hostile = "r".repeat(250);
    plantPair(hostile, true);
    try (WarmStartStore store = WarmStartStore.open(root)) {
      assertEquals("good", store.lookup(key).orElseThrow().runId());
    }
  }

  @Test
  void strayNamesInTheRootAreReportedAndLeftAlone() throws IOException {
    plantPair("other", true);
    List<String> strays =
        List.of("README", "x.tmp.1.0", "A".repeat(64), "0".repeat(63), "0".repeat(65));
    for (String stray : strays) {
      Files.writeString(root.resolve(stray), "stray");
    }
    // Of the file system, or of a server or desktop that keeps what was deleted.
    for (String ofOthers : List.of("lost+found", ".snapshot", ".Trash-1000")) {
      Files.createDirectory(root.resolve(ofOthers));
    }
    StoreOptions nothingFits =
        StoreOptions.defaults()
            .withSizeBudgetBytes(0)
            .withPolicy(PolicyUse.THIS_STORE_ONLY)
            .withForeignCheckInterval(Duration.ZERO);
    try (WarmStartStore store = WarmStartStore.open(root, nothingFits)) {
      assertEquals(List.of(key), store.keys());
      assertEquals(
          strays.size(),
          store.repair().problems().stream()
              .filter(problem -> problem.kind().equals("stray name"))
              .count());
      store.evictOverflow();
      assertEquals(List.of(), store.keys());
    }
    for (String stray : strays) {
      assertEquals("stray", Files.readString(root.resolve(stray)));
    }
  }

  /**
   * A JVM that runs in the POSIX locale cannot spell a name that is not ASCII: it reads it with a
   * replacement character, and refuses to make a path of that. Lookups, saves and sweeps of the key
   * then failed with InvalidPathException.
   */
  @ParameterizedTest
  @ValueSource(strings = {"C", "C.UTF-8"})
  void aNameThatTheLocaleCannotSpellHarmsNobody(String locale) throws Exception {
    plantPair("other", true);
    String hostile = "'" + root.resolve(key.toHex()) + "'/$(printf 'r\\377\\303\\251')";
    String hostileInRoot = "'" + root + "'/$(printf 'r\\377')";
    run("touch " + hostile + ".json " + hostile + ".bin " + hostile + " " + hostileInRoot);
    try (ForkedJvm other =
        ForkedJvm.command(EveryOperation.class, root.toString()).locale(locale).start()) {
      assertEquals("best=good entries=3 quarantined=0", other.awaitLine("done"));
    }
  }

  private static void run(String script) throws IOException, InterruptedException {
    Process shell = new ProcessBuilder("bash", "-c", script).inheritIO().start();
    assertEquals(0, shell.waitFor());
  }

  /** Does everything that lists directories. */
  static final class EveryOperation {
    private EveryOperation() {}

    public static void main(String[] args) {
      StoreOptions options = StoreOptions.defaults().withTtl(Duration.ofDays(400));
      try (WarmStartStore store = WarmStartStore.open(Path.of(args[0]), options)) {
        Fingerprint key = Payloads.key("hostile names");
        store.saveOverwrite(
            key, "good", new byte[] {2}, EntryAttributes.checkpoint().withObjective(1));
        store.save(key, new byte[] {3}, EntryAttributes.checkpoint());
        store.explain(key, Ranking.LATEST);
        EvictionReport report = store.evictOverflow();
        store.repair();
        try (Entry entry = store.lookup(key).orElseThrow()) {
          System.out.println(
              "done best="
                  + entry.runId()
                  + " entries="
                  + store.inspect().entries()
                  + " quarantined="
                  + report.quarantined());
        }
      }
    }
  }
}
