package io.warmstart.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class BadRootAndFileTest {
  /** Every command but save; ROOT is the second word. */
  private static final List<List<String>> ON_EXISTING_ROOTS =
      List.of(
          List.of("lookup", "ROOT", "text:a"),
          List.of("explain", "ROOT", "text:a"),
          List.of("ls", "ROOT"),
          List.of("ls", "ROOT", "text:a"),
          List.of("stat", "ROOT"),
          List.of("verify", "ROOT"),
          List.of("verify", "ROOT", "--repair"),
          List.of("restore", "ROOT"),
          List.of("restore", "ROOT", "--list"),
          List.of("evict", "ROOT"));

  @TempDir Path directory;
  private Path payload;

  @BeforeEach
  void setUp() throws IOException {
    payload = Files.writeString(directory.resolve("payload"), "x");
  }

  private static CommandRun run(List<String> words, Path root, String... more) {
    List<Object> args = new ArrayList<>(words);
    args.set(1, root);
    args.addAll(Arrays.asList(more));
    return CommandRun.of(args.toArray());
  }

  @Test
  void noCommandButSaveMakesARoot() {
    Path root = directory.resolve("absent");

    for (List<String> words : ON_EXISTING_ROOTS) {
      run(words, root).expectFailure(ExitCodes.ERROR, "root does not exist: root=" + root);
    }

    assertFalse(Files.exists(root));
  }

  private static List<String> namesIn(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(each -> each.getFileName().toString()).sorted().toList();
    }
  }

  /** A lookup in a home directory, by a slip of the finger, left a store in it. */
  @Test
  void noCommandMakesAStoreOfADirectoryWithOtherThingsInIt() throws IOException {
    Path home = Files.createDirectory(directory.resolve("home"));
    Files.writeString(home.resolve("letter"), "x");
    List<List<String>> all = new ArrayList<>(ON_EXISTING_ROOTS);
    all.add(List.of("save", "ROOT", "text:a", payload.toString()));
    all.add(List.of("claim", "ROOT", "text:a", "--", "true"));
    all.add(List.of("policy", "ROOT", "--budget", "1G"));
    all.add(List.of("policy", "ROOT"));
    all.add(List.of("pin", "ROOT", "text:a"));
    all.add(List.of("unpin", "ROOT", "text:a"));
    all.add(List.of("rm", "ROOT", "text:a"));
    all.add(List.of("label", "ROOT", "text:a", "a=b"));
    all.add(List.of("unlabel", "ROOT", "text:a"));
    all.add(List.of("evict", "ROOT", "--dry-run"));
    all.add(List.of("sync", "ROOT", directory.resolve("remote").toString()));

    for (List<String> words : all) {
      CommandRun run = run(words, home);
      assertEquals(List.of("letter"), namesIn(home), words::toString);
      if (run.exitCode() != ExitCodes.ERROR) {
        // These look only: they find nothing.
        assertTrue(
            Set.of("explain", "ls", "policy", "restore").contains(words.get(0)), words::toString);
      } else {
        run.expectFailure(ExitCodes.ERROR, "not a store", "\"letter\"", "root=" + home);
      }
    }
  }

  @Test
  void aStoreIsMadeOfAnEmptyDirectoryAndOfTheRootOfAFileSystem() throws IOException {
    Path empty = Files.createDirectory(directory.resolve("empty"));
    Path disk = Files.createDirectory(directory.resolve("disk"));
    Files.createDirectory(disk.resolve("lost+found"));
    Files.createDirectory(disk.resolve(".Trash-0"));

    CommandRun.of("save", empty, "text:a", payload).expectDone();
    CommandRun.of("save", disk, "text:a", payload).expectDone();
  }

  /** It has keys, and no directory of ours; and other things lie in it by now. */
  @Test
  void aRootOfTheOriginalIsAStore() throws IOException {
    Path root = directory.resolve("fits");
    CommandRun.of("save", root, "text:a", payload).expectDone();
    Path original = Files.createDirectory(directory.resolve("original"));
    Path key;
    try (Stream<Path> keys = Files.list(root)) {
      key = keys.filter(each -> each.getFileName().toString().length() == 64).toList().get(0);
    }
    Files.move(key, original.resolve(key.getFileName()));
    Files.writeString(original.resolve("notes"), "x");

    CommandRun.of("lookup", original, "text:a").expectDone();
  }

  @Test
  void aRootThatIsAFileIsNamed() throws IOException {
    for (List<String> words : ON_EXISTING_ROOTS) {
      run(words, payload)
          .expectFailure(ExitCodes.ERROR, "root is not a directory: root=" + payload);
      run(words, payload.resolve("below")).expectFailure(ExitCodes.ERROR, payload.resolve("below"));
    }
    CommandRun.of("save", payload, "text:a", payload)
        .expectFailure(ExitCodes.ERROR, "root is not a directory: root=" + payload);
    assertEquals("x", Files.readString(payload));
  }

  @Test
  void saveMakesTheParentsOfARoot() {
    Path root = directory.resolve("absent").resolve("fits");

    CommandRun.of("save", root, "text:a", payload).expectDone();
    CommandRun.of("lookup", root, "text:a").expectDone();
  }

  @Test
  void aPathThroughALinkAndUpMeansTheSameToEveryCommand() throws IOException {
    Path far = Files.createDirectories(directory.resolve("far").resolve("away"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), far);
    Path root = link.resolve("..").resolve("fits");

    CommandRun.of("save", root, "text:a", payload).expectDone();

    assertTrue(Files.exists(directory.resolve("far").resolve("fits")));
    for (List<String> words : ON_EXISTING_ROOTS) {
      run(words, root).expectDone();
    }
    assertFalse(Files.exists(directory.resolve("fits")));
  }

  @Test
  void aPayloadThatCannotBeReadLeavesNoRootBehind() {
    Path root = directory.resolve("fits");
    Path absent = directory.resolve("absent.bin");

    CommandRun.of("save", root, "text:a", absent)
        .expectFailure(
            ExitCodes.ERROR, "cannot read payload: no such file or directory file=" + absent);
    CommandRun.of("save", root, "text:a", directory)
        .expectFailure(ExitCodes.ERROR, "payload is a directory", "file=" + directory);
    CommandRun.of("save", root, "text:a", payload.resolve("below"))
        .expectFailure(ExitCodes.ERROR, "cannot read payload", payload.resolve("below"));
    InputStream broken = failing(new IOException("Input/output error"));
    CommandRun.with(broken, false, "save", root, "text:a", "-")
        .expectFailure(ExitCodes.ERROR, "standard input: Input/output error");

    assertFalse(Files.exists(root));
  }

  @Test
  void anOutputThatCannotBeWrittenIsNamedAndLeavesNothing() throws IOException {
    Path root = directory.resolve("fits");
    CommandRun.of("save", root, "text:a", payload).expectDone();
    Path absent = directory.resolve("absent").resolve("out");

    CommandRun.of("lookup", root, "text:a", "--out", absent)
        .expectFailure(ExitCodes.ERROR, "no such file or directory", "file=" + absent);
    CommandRun.of("lookup", root, "text:a", "--out", root)
        .expectFailure(ExitCodes.ERROR, "expected=a file actual=a directory", "file=" + root);

    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(2, files.count());
    }
  }

  /** Listing a directory by a slip of the finger used to make a store of it. */
  @Test
  void lookingAtADirectoryThatIsNoStoreLeavesItAsItIs() throws IOException {
    Path other = Files.createDirectory(directory.resolve("other"));

    CommandRun.of("ls", other).expectDone();
    CommandRun.of("explain", other, "text:a");

    try (Stream<Path> files = Files.list(other)) {
      assertEquals(0, files.count());
    }
  }

  @Test
  void aRootThatCannotBeWrittenCanStillBeRead() throws IOException {
    Path source = directory.resolve("source");
    CommandRun.of("save", source, "text:a", payload, "--objective", "1").expectDone();

    try (UnwritableRoot unwritable = UnwritableRoot.copyOf(source, directory.resolve("fits"))) {
      Path root = unwritable.path();
      for (List<String> words : ON_EXISTING_ROOTS) {
        CommandRun run = run(words, root);
        if (words.contains("evict")
            || words.contains("--repair")
            || words.equals(List.of("restore", "ROOT"))) {
          run.expectFailure(ExitCodes.ERROR, "root=" + root);
        } else {
          assertEquals(ExitCodes.DONE, run.exitCode(), run.err());
          assertFalse(run.out().isEmpty());
          if (words.contains("ls") || words.contains("explain") || words.contains("--list")) {
            // They leave no trace on any root, so there is nothing to tell.
            assertEquals("", run.err());
            continue;
          }
          assertEquals(1, run.err().lines().count(), run.err());
          assertTrue(run.err().startsWith("note: accesses are not recorded: "), run.err());
          assertTrue(run.err().contains("root=" + root), run.err());
          CommandRun json = run(words, root, "--json");
          assertTrue(json.json().isObject());
          assertTrue(CommandRun.parse(json.err()).has("note"));
        }
      }
      JsonNode stat = CommandRun.of("stat", root, "--json").json();
      assertTrue(stat.get("read_only").asBoolean());
      assertTrue(stat.get("counters").isNull());
      assertTrue(stat.get("live_processes").isNull());
      CommandRun.of("save", root, "text:a", payload).expectFailure(ExitCodes.ERROR, "root=" + root);
      CommandRun.of("save", root.resolve("new"), "text:a", payload)
          .expectFailure(ExitCodes.ERROR, root.resolve("new"));
      JsonNode error =
          CommandRun.parse(CommandRun.of("save", root, "text:a", payload, "--json").err());
      assertEquals("read_only", error.get("error").get("type").asText());
    }
  }

  @Test
  void whatNobodyExpectedIsOneLineToo() {
    for (Throwable thrown : List.of(new IllegalStateException("odd\nthing"), new InternalError())) {
      Object[] words = {"save", directory.resolve("fits"), "text:a", "-"};

      CommandRun.with(failing(thrown), false, words)
          .expectFailure(
              ExitCodes.ERROR,
              "unexpected " + thrown.getClass().getSimpleName(),
              "WARMSTART_TRACE=1");

      CommandRun traced = CommandRun.with(failing(thrown), true, words);
      assertEquals(ExitCodes.ERROR, traced.exitCode());
      assertTrue(traced.err().contains("\tat "), traced.err());
    }
  }

  private static InputStream failing(Throwable thrown) {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        return read(new byte[1], 0, 1);
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        if (thrown instanceof IOException exception) {
          throw exception;
        }
        if (thrown instanceof RuntimeException exception) {
          throw exception;
        }
        throw (Error) thrown;
      }
    };
  }
}
