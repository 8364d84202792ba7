package io.warmstart.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.testing.ForkedClasses;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line as a process of its own, as its users start it. */
@Tag("slow")
class ForkedCommandLineTest {
  private static final String FLAGS =
      "@" + Objects.requireNonNull(System.getProperty("warmstart.test.jvmflags"));

  @TempDir Path directory;
  private Path root;
  private Path payload;

  @BeforeEach
  void setUp() throws IOException {
    root = directory.resolve("fits");
    byte[] bytes = new byte[3 << 20];
    new Random(7).nextBytes(bytes);
    payload = Files.write(directory.resolve("payload"), bytes);
  }

  private CommandRun run(List<String> prefix, String jvmFlag, Object... args) throws Exception {
    List<String> words = new ArrayList<>(prefix);
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.add(jvmFlag);
    words.addAll(List.of("-XX:-UsePerfData", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    words.addAll(ForkedClasses.flags());
    words.add(Main.class.getName());
    Stream.of(args).map(String::valueOf).forEach(words::add);
    File out = Files.createTempFile(directory.getParent(), "out", null).toFile();
    File err = Files.createTempFile(directory.getParent(), "err", null).toFile();
    try {
      Process process = new ProcessBuilder(words).redirectOutput(out).redirectError(err).start();
      process.getOutputStream().close();
      assertTrue(process.waitFor(60, TimeUnit.SECONDS), "still running: " + words);
      String said = withoutUnsafeWarning(Files.readString(err.toPath()));
      assertFalse(said.contains("\tat "), said);
      ByteArrayOutputStream written = new ByteArrayOutputStream();
      written.write(Files.readAllBytes(out.toPath()));
      return new CommandRun(process.exitValue(), written, said);
    } finally {
      Files.delete(out.toPath());
      Files.delete(err.toPath());
    }
  }

  private CommandRun run(Object... args) throws Exception {
    return run(List.of(), FLAGS, args);
  }

  /** From JDK 24 on, when native memory is used; nothing in a jar can keep the JVM from it. */
  private static String withoutUnsafeWarning(String err) {
    if (Runtime.version().feature() < 24) {
      return err;
    }
    StringBuilder rest = new StringBuilder();
    err.lines()
        .filter(line -> !(line.startsWith("WARNING: ") && line.matches(".*(Unsafe|openhft).*")))
        .forEach(line -> rest.append(line).append('\n'));
    return rest.toString();
  }

  @Test
  void processesShareARootAndKeepTheirStreamsClean() throws Exception {
    CommandRun saved = run("save", root, "text:a", payload, "--objective", "1.5");
    String runId = saved.expectDone().out().strip();
    assertTrue(
        Files.exists(
            root.resolve(CommandRun.of("key", "a").out().strip()).resolve(runId + ".bin")));

    CommandRun found = run("lookup", root, "text:a", "--out", "-", "--json");
    assertEquals(ExitCodes.DONE, found.exitCode(), found.err());
    assertArrayEquals(Files.readAllBytes(payload), found.outBytes());
    assertEquals(runId, CommandRun.parse(found.err()).get("run_id").asText());

    CommandRun listed = run("stat", root, "--json");
    assertEquals(1, listed.expectDone().json().get("counters").get("hits").asInt());
  }

  /** What a process has saved in one namespace another starts from in its own, and saves there. */
  @Test
  void processesShareARootInNamespacesOfTheirOwn() throws Exception {
    run("save", root, "text:a", payload, "--namespace", "team", "--run-id", "t").expectDone();
    Object[] question = {
      "lookup", root, "text:a", "--namespace", "mine", "--seed-namespace", "team", "--json"
    };

    CommandRun seeded = run(question).expectDone();
    run("save", root, "text:a", payload, "--namespace", "mine", "--run-id", "m").expectDone();
    CommandRun own = run(question).expectDone();

    assertEquals("t", seeded.json().get("run_id").asText());
    assertEquals("team", seeded.json().get("seed").get("namespace").asText());
    assertEquals("m", own.json().get("run_id").asText());
    assertTrue(own.json().get("seed").isNull());
    assertEquals(1, run("ls", root, "--namespace", "team", "--json").json().get("entries").asInt());
  }

  @Test
  void eachExitCodeReachesTheShell() throws Exception {
    Files.createDirectory(root);

    assertEquals(ExitCodes.DONE, run("key", "a").exitCode());
    CommandRun miss = run("lookup", root, "text:a");
    assertEquals(ExitCodes.MISS_OR_PROBLEM, miss.exitCode());
    assertEquals("", miss.err());
    CommandRun wrong = run("lookup", root, "no-key");
    wrong.expectFailure(ExitCodes.WRONG_USE, "KEY: expected=");
    CommandRun error = run("lookup", root.resolve("absent"), "text:a");
    error.expectFailure(ExitCodes.ERROR, "root does not exist");
  }

  @Test
  void aMissingJvmFlagIsNamed() throws Exception {
    CommandRun ended = run(List.of(), "-Xshare:auto", "save", root, "text:a", payload);

    ended.expectFailure(ExitCodes.ERROR, "--add-exports");
  }

  @Test
  void aPayloadThatFitsNoFileLeavesTheOldOneAndNoPart() throws Exception {
    assertEquals(ExitCodes.DONE, run("save", root, "text:a", payload).exitCode());
    Path target = Files.createDirectory(directory.resolve("target"));
    Path out = Files.writeString(target.resolve("model"), "old");
    // In units of 1024 bytes: more than the engine's own files take, less than the payload.
    List<String> limited = List.of("bash", "-c", "ulimit -f 1024; exec \"$@\"", "bash");

    CommandRun ended = run(limited, FLAGS, "lookup", root, "text:a", "--out", out);

    ended.expectFailure(ExitCodes.ERROR, "cannot write payload: ", "file=" + out);
    assertEquals("old", Files.readString(out));
    try (Stream<Path> files = Files.list(target)) {
      assertEquals(1, files.count());
    }
  }

  /** One key for all names with a letter that the locale lacks would mix up their fits. */
  @Test
  void aNameThatTheLocaleCannotReadIsRefused() throws Exception {
    List<String> plain =
        List.of("env", "LC_ALL=C", "bash", "-c", "exec \"$@\" $'caf\\xc3\\xa9'", "bash");

    CommandRun ended = run(plain, FLAGS, "key");

    ended.expectFailure(ExitCodes.WRONG_USE, "LC_ALL");
  }

  @Test
  void aReaderThatLeavesEarlyEndsAWatch() throws Exception {
    Files.createDirectory(root);
    List<String> piped = List.of("bash", "-c", "\"$@\" | head -n 1; exit ${PIPESTATUS[0]}", "bash");

    run(piped, FLAGS, "stat", root, "--watch", "--interval", "0.05").expectDone();
  }

  /** It was an error, exit code 3, and of a save the key was left without its labels. */
  @Test
  void aReaderThatHasLeftIsNoError() throws Exception {
    List<String> piped = List.of("bash", "-c", "\"$@\" | true; exit ${PIPESTATUS[0]}", "bash");

    run(piped, FLAGS, "save", root, "text:a", payload, "--label", "b=c").expectDone();
    run(piped, FLAGS, "ls", root).expectDone();
    run(piped, FLAGS, "completion").expectDone();
    CommandRun streamed = run(piped, FLAGS, "lookup", root, "text:a", "--out", "-");
    CommandRun miss = run(piped, FLAGS, "lookup", root, "text:none");

    assertEquals(ExitCodes.DONE, streamed.exitCode(), streamed.err());
    assertEquals(ExitCodes.MISS_OR_PROBLEM, miss.exitCode(), miss.err());
    assertEquals("", miss.err());
    assertTrue(run("ls", root).out().contains("b=c, text:a"));
  }

  /** Listeners and the log are told of it; the command says it itself. */
  @Test
  void aSaveThatIsRefusedSaysSoOnce() throws Exception {
    Path large = Files.write(directory.resolve("large"), new byte[1_000]);

    CommandRun refused = run("save", root, "text:a", large, "--budget", "100");

    assertEquals(ExitCodes.ERROR, refused.exitCode(), refused.err());
    assertEquals(1, refused.err().lines().count(), refused.err());
  }

  /** A save evicted others' entries and said nothing. */
  @Test
  void aSaveTellsWhatItsSweepHasEvicted() throws Exception {
    Path small = Files.writeString(directory.resolve("small"), "x");
    run("save", root, "text:a", small, "--run-id", "first").expectDone();

    CommandRun told = run("save", root, "text:b", small, "--budget", "0");
    CommandRun json = run("save", root, "text:c", small, "--budget", "0", "--json");

    assertEquals(ExitCodes.DONE, told.exitCode());
    assertTrue(told.err().startsWith("note: 1 evicted and 0 expired, "), told.err());
    assertTrue(told.err().contains("run id=first"), told.err());
    assertTrue(CommandRun.parse(json.err()).get("note").asText().contains("1 evicted"));
  }

  /** A default that comes into force on a root with entries is told once, damage each time. */
  @Test
  void whatComesIntoForceIsToldOnceAndDamageEachTime() throws Exception {
    Path small = Files.writeString(directory.resolve("small"), "x");
    assertEquals("", run("save", root, "text:a", small).expectDone().err());
    Path policy = root.resolve(".warmstart").resolve("policy");
    Files.delete(policy);

    CommandRun once = run("save", root, "text:a", small);
    CommandRun again = run("save", root, "text:a", small);
    Files.writeString(policy, "{");
    CommandRun damaged = run("lookup", root, "text:a");

    assertEquals(ExitCodes.DONE, damaged.exitCode());
    assertTrue(once.err().contains("nobody has named a TTL"), once.err());
    assertEquals("", again.err());
    assertTrue(damaged.err().contains("nothing is evicted and nothing expires"), damaged.err());
  }
}
