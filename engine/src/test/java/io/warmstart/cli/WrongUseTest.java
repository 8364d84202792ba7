package io.warmstart.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WrongUseTest {
  @TempDir Path directory;
  private Path root;
  private Path payload;

  @BeforeEach
  void setUp() throws IOException {
    root = directory.resolve("fits");
    payload = Files.writeString(directory.resolve("payload"), "x");
  }

  @AfterEach
  void nothingWasDone() throws IOException {
    assertFalse(Files.exists(root));
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(1, files.count());
    }
  }

  private CommandRun save(Object... more) {
    return CommandRun.of(
        Stream.concat(Stream.of("save", root, "text:a", payload), Stream.of(more)).toArray());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "abc",
        "text",
        "TEXT:a",
        "3306F93379A5A1F928283595A06A82C53CDC319F01FD1955CB4FB5794D89424B",
        "3306f93379a5a1f928283595a06a82c53cdc319f01fd1955cb4fb5794d89424",
        "3306f93379a5a1f928283595a06a82c53cdc319f01fd1955cb4fb5794d89424bb",
        "../../../../../../../../../../../../../../../../../../../etc/passwd",
        "text:",
        "text:\ud800",
        "a\nb"
      })
  void aKeyThatIsNone(String key) {
    for (String command : new String[] {"lookup", "explain", "ls"}) {
      CommandRun.of(command, root, key)
          .expectFailure(ExitCodes.WRONG_USE, "expected=", "actual=\"", command + " --help");
    }
    CommandRun.of("save", root, key, payload).expectFailure(ExitCodes.WRONG_USE, "expected=");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../x",
        "/abs",
        "a/b",
        "..",
        ".hidden",
        "-x",
        "",
        "a b",
        "a\0b",
        "a\nb",
        "caf\u00e9",
        "a.tmp.b",
        "a.tmp",
        "a\\b",
        "a\u202eb",
        "*"
      })
  void aRunIdThatIsNone(String runId) {
    save("--run-id=" + runId).expectFailure(ExitCodes.WRONG_USE, "run id is not usable: expected=");
  }

  @Test
  void aRunIdThatIsTooLongIsShownShortened() {
    CommandRun run =
        save("--run-id", "x".repeat(300)).expectFailure(ExitCodes.WRONG_USE, "300 characters");

    assertTrue(run.err().length() < 300, run.err());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x",
        "",
        "1.5x",
        "1d",
        "0x1p3",
        "NaN",
        "Infinity",
        "-Infinity",
        "1e999",
        " 1",
        "1,5"
      })
  void anObjectiveThatIsNoNumber(String objective) {
    save("--objective=" + objective)
        .expectFailure(
            ExitCodes.WRONG_USE, "objective: expected=a finite decimal number actual=\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"-1", "1.5", "18446744073709551616", "x", ""})
  void anIterationThatIsNone(String iteration) {
    save("--iteration=" + iteration)
        .expectFailure(ExitCodes.WRONG_USE, "iteration: expected=", "18446744073709551615 actual=");
  }

  @ParameterizedTest
  @ValueSource(strings = {"best", "LATEST", "final_first", ""})
  void aRankingThatIsNone(String ranking) {
    for (String command : new String[] {"lookup", "explain"}) {
      CommandRun.of(command, root, "text:a", "--ranking=" + ranking)
          .expectFailure(
              ExitCodes.WRONG_USE,
              "ranking: expected=lowest-objective|latest|final-first actual=\"" + ranking + "\"");
    }
  }

  @Test
  void aKindThatIsNone() {
    save("--kind", "done")
        .expectFailure(ExitCodes.WRONG_USE, "kind: expected=checkpoint|final actual=\"done\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--ttl=-1",
        "--ttl=x",
        "--ttl=1.5",
        "--ttl=3y",
        "--budget=99999999999G",
        "--budget=-1",
        "--budget=1X"
      })
  void aCommonOptionWithoutANumber(String option) {
    save(option).expectFailure(ExitCodes.WRONG_USE, "expected=a whole number", "actual=\"");
    CommandRun.of("ls", root, option).expectFailure(ExitCodes.WRONG_USE, "expected=");
  }

  @Test
  void argumentsMissingOrTooMany() {
    CommandRun.of("save", root, "text:a").expectFailure(ExitCodes.WRONG_USE, "'FILE'");
    CommandRun.of("save").expectFailure(ExitCodes.WRONG_USE, "'ROOT', 'KEY', 'FILE'");
    CommandRun.of("lookup", root).expectFailure(ExitCodes.WRONG_USE, "'KEY'");
    CommandRun.of("ls").expectFailure(ExitCodes.WRONG_USE, "'ROOT'");
    CommandRun.of("key").expectFailure(ExitCodes.WRONG_USE, "'NAME'");
    save("more").expectFailure(ExitCodes.WRONG_USE, "'more'");
    save("--objektive", "1").expectFailure(ExitCodes.WRONG_USE, "--objektive");
    save("--objective").expectFailure(ExitCodes.WRONG_USE, "--objective");
    save("--ttl", "1", "--ttl", "2").expectFailure(ExitCodes.WRONG_USE, "--ttl", "once");
  }

  @Test
  void aCommandThatIsNone() {
    CommandRun.of().expectFailure(ExitCodes.WRONG_USE, "command: expected=save|lookup|", "none");
    CommandRun.of("").expectFailure(ExitCodes.WRONG_USE, "command: expected=", "actual=\"\"");
    CommandRun.of("serve").expectFailure(ExitCodes.WRONG_USE, "actual=\"serve\"");
    CommandRun.of("se\u001b[31mrve").expectFailure(ExitCodes.WRONG_USE, "se\\u001b[31mrve");
  }

  @Test
  void anArgumentWithAnAtSignIsNotReadAsAFileOfArguments() throws IOException {
    Path words = directory.resolve("payload");
    Files.writeString(words, "key digits");

    CommandRun.of("@" + words).expectFailure(ExitCodes.WRONG_USE, "@");
  }

  @Test
  void watchOptionsWithoutWatch() {
    CommandRun.of("stat", root, "--count", "2").expectFailure(ExitCodes.WRONG_USE, "--watch");
    CommandRun.of("stat", root, "--watch", "--count", "0")
        .expectFailure(ExitCodes.WRONG_USE, "count: expected=");
    CommandRun.of("stat", root, "--watch", "--interval", "0")
        .expectFailure(ExitCodes.WRONG_USE, "interval: expected=");
  }

  /** As of a variable that is not set: it was taken for the current directory. */
  @Test
  void aRemoteWithoutAnAddress() {
    for (String command : List.of("lookup", "claim", "stat")) {
      CommandRun.of(command, root, "text:a", "--remote", "")
          .expectFailure(ExitCodes.WRONG_USE, "remote: expected=", "actual=\"\"");
    }
    save("--remote", "").expectFailure(ExitCodes.WRONG_USE, "remote: expected=", "actual=\"\"");
    CommandRun.of("sync", root, "").expectFailure(ExitCodes.WRONG_USE, "remote: expected=");
    CommandRun.of("remote", "check", "").expectFailure(ExitCodes.WRONG_USE, "remote: expected=");
  }

  @Test
  void aPathThatIsNone() {
    CommandRun.of("ls", "").expectFailure(ExitCodes.WRONG_USE, "path: expected=a file name");
    CommandRun.of("ls", "a\0b").expectFailure(ExitCodes.WRONG_USE, "\\u0000");
  }

  @Test
  void withJsonTheErrorIsOneObjectOnStandardError() {
    CommandRun run = save("--objective", "x", "--json");

    assertEquals("", run.out());
    assertEquals(1, run.err().lines().count());
    JsonNode error = CommandRun.parse(run.err()).get("error");
    assertEquals("usage", error.get("type").asText());
    assertEquals(ExitCodes.WRONG_USE, error.get("exit_code").asInt());
    assertTrue(error.get("message").asText().contains("actual=\"x\""));
  }
}
