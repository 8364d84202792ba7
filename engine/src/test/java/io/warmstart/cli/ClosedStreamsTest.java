package io.warmstart.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.Entry;
import io.warmstart.WarmStartStore;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Fingerprinter;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that was started without descriptor 0, 1 or 2: a daemon's child, a broken script.
 * {@code save ROOT KEY -} without standard input saved 128 MB of the JDK's classes, since the JVM
 * had opened them as descriptor 0.
 */
@Tag("slow")
class ClosedStreamsTest {
  @TempDir Path directory;
  private Path root;
  private Path payload;
  private Path out;
  private Path err;

  @BeforeEach
  void setUp() throws IOException {
    root = directory.resolve("fits");
    payload = Files.writeString(directory.resolve("payload"), "a payload");
    out = directory.resolve("out");
    err = directory.resolve("err");
  }

  /** Runs a command with redirections that the shell makes, and returns its exit code. */
  private int command(String redirections, Object... arguments) throws Exception {
    List<String> words = new ArrayList<>(List.of("bash", "-c"));
    words.add("exec \"$@\" " + redirections);
    words.add("bash");
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.add("@" + Objects.requireNonNull(System.getProperty("warmstart.test.jvmflags")));
    words.addAll(
        List.of(
            "-XX:-UsePerfData",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path")));
    words.add(Main.class.getName());
    for (Object argument : arguments) {
      words.add(argument.toString());
    }
    Process process =
        new ProcessBuilder(words)
            .redirectInput(new File("/dev/null"))
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    assertTrue(process.waitFor(60, TimeUnit.SECONDS), "still running: " + words);
    return process.exitValue();
  }

  @Test
  void aPayloadIsNotReadFromWhateverTookTheNumberOfStandardInput() throws Exception {
    int exit = command("<&-", "save", root, "text:a", "-");

    assertEquals(ExitCodes.ERROR, exit);
    String said = Files.readString(err);
    assertTrue(said.contains("cannot read payload from standard input"), said);
    assertTrue(said.contains("closed"), said);
    assertFalse(Files.exists(root), "a store was made for it");
  }

  /** A jar of the class path is as good a payload as any. */
  @Test
  void whatAShellGivesAsStandardInputIsRead() throws Exception {
    Path jar = smallestJar();

    assertEquals(ExitCodes.DONE, command("< '" + jar + "'", "save", root, "text:a", "-"));

    assertSaved("a", Files.readAllBytes(jar));
  }

  private void assertSaved(String name, byte[] expected) {
    try (WarmStartStore store = WarmStartStore.open(root);
        Entry entry = store.lookup(key(name)).orElseThrow()) {
      byte[] actual = new byte[Math.toIntExact(entry.payloadLength())];
      entry.payload().getBytes(0, actual);
      assertArrayEquals(expected, actual);
      assertTrue(store.verify().clean());
    }
  }

  private static Fingerprint key(String name) {
    return new Fingerprinter().absorbString("test", name).finish();
  }

  private static Path smallestJar() throws IOException {
    Path smallest = null;
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      Path jar = Path.of(entry);
      if (Files.isRegularFile(jar)
          && (smallest == null || Files.size(jar) < Files.size(smallest))) {
        smallest = jar;
      }
    }
    return Objects.requireNonNull(smallest, "no jar on the class path");
  }

  @Test
  void aPayloadForStandardOutputThatIsClosedIsAnError() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root)) {
      store.save(key("a"), new byte[100], EntryAttributes.checkpoint());
    }

    assertEquals(ExitCodes.ERROR, command(">&-", "lookup", root, "text:a", "--out", "-"));

    String said = Files.readString(err);
    assertTrue(said.contains("cannot write payload to standard output"), said);
    assertTrue(Files.size(out) == 0, "a closed stream was written to");
  }

  /** The answer came before the labels. */
  @Test
  void aSaveWhoseAnswerCannotBeWrittenLabelsItsKey() throws Exception {
    int exit = command("> /dev/full", "save", root, "text:a", payload, "--label", "b=c");

    assertEquals(ExitCodes.ERROR, exit);
    try (WarmStartStore store = WarmStartStore.open(root)) {
      assertEquals(Map.of("b", "c", "text", "a"), store.contents(key("a")).labels());
    }
  }

  @Test
  void aSaveWithoutStreamsSavesWhatItWasGiven() throws Exception {
    // The exit code tells whether there was somebody to tell the run id to.
    command("<&- >&- 2>&-", "save", root, "text:a", payload);

    assertSaved("a", Files.readAllBytes(payload));
  }
}
