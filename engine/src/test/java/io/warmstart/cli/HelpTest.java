package io.warmstart.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HelpTest {
  @Test
  void theWholeIsExplainedInOnePage() {
    String help = CommandRun.of("--help").expectDone().out();

    for (String command :
        List.of(
            "save", "lookup", "explain", "ls", "rm", "claim", "stat", "verify", "restore", "evict",
            "remote", "key")) {
      assertTrue(help.contains("\n  " + command + " "), help);
    }
    assertTrue(help.contains("Exit codes: 0 done, 1 a miss or a problem"), help);
    assertTrue(help.lines().allMatch(line -> line.length() <= 80), help);
  }

  @Test
  void helpMayComeFirst() {
    assertEquals(CommandRun.of("--help").out(), CommandRun.of("help").expectDone().out());
    assertEquals(
        CommandRun.of("save", "--help").out(), CommandRun.of("help", "save").expectDone().out());
  }

  @Test
  void theCompletionKnowsCommandsAndTheirOptions() {
    String script = CommandRun.of("completion").expectDone().out();

    for (String word :
        List.of("_complete_warmstart", "restore", "policy", "--objective", "--dry-run")) {
      assertTrue(script.contains(word), word);
    }
  }

  @Test
  void theVersionNamesTheJavaToo() {
    List<String> lines = CommandRun.of("--version").expectDone().outLines();

    assertTrue(lines.get(0).startsWith("warmstart "), lines.get(0));
    assertEquals("on Java " + Runtime.version(), lines.get(1));
    assertEquals(lines, CommandRun.of("version").expectDone().outLines());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "save", "lookup", "explain", "ls", "rm", "pin", "unpin", "claim", "label", "unlabel",
        "stat", "verify", "restore", "evict", "policy", "sync", "remote", "key"
      })
  void eachCommandHasHelpWithTheCommonOptions(String command) {
    String help = CommandRun.of(command, "--help").expectDone().out();

    assertTrue(help.contains("Usage: warmstart " + command + " "), help);
    for (String option :
        List.of("--json", "--ttl=TIME", "--budget=SIZE", "--local-directory=DIR")) {
      assertTrue(help.contains(option), help);
    }
    assertTrue(help.lines().allMatch(line -> line.length() <= 80), help);
  }

  /** An example that has gone stale with the options it uses would be the first thing tried. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "save", "lookup", "explain", "ls", "claim", "label", "unlabel", "stat", "verify", "restore",
        "evict", "policy", "sync", "remote", "key"
      })
  void theExamplesInTheHelpAreAccepted(String command) {
    List<String> examples = examples(CommandRun.of(command, "--help").out(), command);

    assertFalse(examples.isEmpty());
    for (String example : examples) {
      List<Object> words = new ArrayList<>(List.of(example.split(" ", -1)));
      // Nobody can make a directory there: no example finds a root, nor leaves one.
      words.replaceAll(word -> word.equals("/tmp/fits") ? "/proc/none/fits" : word);
      CommandRun run = CommandRun.of(words.toArray());
      assertTrue(run.exitCode() != ExitCodes.WRONG_USE, example + ": " + run.err());
      assertFalse(Files.exists(Path.of("fits")), example + " leaves a root where it is tried");
    }
  }

  private static List<String> examples(String help, String command) {
    List<String> examples = new ArrayList<>();
    for (String line : help.lines().toList()) {
      int start = line.indexOf("warmstart " + command + " ");
      if (start >= 0 && line.startsWith("  ")) {
        String words = line.substring(start + "warmstart ".length()).strip();
        examples.add(words.replaceAll("( \\||\\)).*", ""));
      }
    }
    return examples;
  }
}
