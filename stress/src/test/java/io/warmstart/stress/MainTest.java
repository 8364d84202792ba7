package io.warmstart.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.stress.frame.Scenario;
import io.warmstart.stress.scenario.Scenarios;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class MainTest {
  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--workers 0      | cv: --workers: expected=at least 1 actual=0",
        "--kill -1        | cv: --kill: expected=at least 0 actual=-1",
        "--folds 1        | cv: folds: expected=2..1797 actual=1",
        "--folds ten      | cv: Invalid value for option '--folds': 'ten' is not an int",
        "--penalties 1    | cv: penalties: expected=at least 2 actual=1",
        "--alpha 0        | cv: alpha: expected=above 0, at most 1 actual=0.0",
        "--alpha NaN      | cv: alpha: expected=above 0, at most 1 actual=NaN",
        "--rows 1798      | cv: rows: expected=1..1797 actual=1798",
        "--rows 12        | cv: rows of class 2: expected=at least 2 actual=1; take more rows",
        "--sideways       | cv: Unknown option: '--sideways'",
      })
  void wrongUseIsOneLineAndStatusTwo(String options, String message) {
    Outcome outcome = run(("cv --root " + directory.resolve("store") + " " + options).split(" "));

    assertEquals(2, outcome.status);
    assertEquals(message, outcome.complaint.strip());
    assertTrue(Files.notExists(directory.resolve("store")), "nothing was made");
  }

  @Test
  void noCommandIsWrongUse() {
    Outcome outcome = run();

    assertEquals(2, outcome.status);
    assertEquals(
        "warmstart-stress: expected a command; --help lists them", outcome.complaint.strip());
  }

  @Test
  void rootThatIsFileIsOneLineAndNoStackTrace() throws IOException {
    Path file = Files.writeString(directory.resolve("store"), "not a directory");

    Outcome outcome = run("cv", "--root", file.toString(), "--rows", "100", "--folds", "2");

    assertTrue(outcome.status == 2 || outcome.status == 3, "status " + outcome.status);
    assertEquals(1, outcome.complaint.strip().lines().count(), outcome.complaint);
    assertTrue(outcome.complaint.contains(file.toString()), outcome.complaint);
    assertEquals("not a directory", Files.readString(file));
  }

  @Test
  void missingReferenceIsNamed() {
    Path missing = directory.resolve("none.json");

    Outcome outcome =
        run(
            "cv",
            "--root",
            directory.resolve("store").toString(),
            "--reference",
            missing.toString());

    assertEquals(3, outcome.status);
    assertEquals("cv: no such file: " + missing, outcome.complaint.strip());
  }

  @Test
  void helpNamesTheJobAndHidesTheWorker() {
    Outcome outcome = run("--help");

    assertEquals(0, outcome.status);
    assertTrue(outcome.printed.contains("cv"), outcome.printed);
    assertTrue(!outcome.printed.contains("cv-worker"), outcome.printed);
  }

  @Test
  void listNamesEveryScenarioWithWhatItDoes() {
    Outcome outcome = run("list");

    assertEquals(0, outcome.status);
    for (Scenario each : Scenarios.all()) {
      assertTrue(
          outcome
              .printed
              .lines()
              .anyMatch(
                  line -> line.startsWith(each.name() + " ") && line.endsWith(each.summary())),
          outcome.printed);
    }
  }

  @Test
  void scenarioNeedsProcessAndSecond() {
    for (String option : List.of("--processes", "--seconds")) {
      Outcome outcome = run("kill", option, "0", "--root", directory.toString());

      assertEquals(2, outcome.status);
      assertEquals("kill: " + option + ": expected=at least 1 actual=0", outcome.complaint.strip());
    }
  }

  @Test
  void atLeastIsForScenariosThatCountSomething() {
    Outcome nothing = run("kill", "--at-least", "0", "--root", directory.toString());
    Outcome countless = run("clock", "--at-least", "5", "--root", directory.toString());

    assertEquals(2, nothing.status);
    assertEquals("kill: --at-least: expected=at least 1 actual=0", nothing.complaint.strip());
    assertEquals(2, countless.status);
    assertEquals(
        "clock: --at-least: clock counts nothing that it could be about",
        countless.complaint.strip());
  }

  @Test
  void volumesNeedScaleOfOne() {
    Path results = directory.resolve("results");

    Outcome outcome = run("volumes", "--scale", "0", "--results", results.toString());

    assertEquals(2, outcome.status);
    assertEquals("volumes: --scale: expected=at least 1 actual=0", outcome.complaint.strip());
    assertTrue(Files.notExists(results), "nothing was run");
    assertTrue(run("--help").printed.contains("  volumes "));
  }

  @Test
  void durabilityIsForScenariosThatTakeIt() {
    Outcome unknown = run("kill", "--durability", "safe", "--root", directory.toString());
    Outcome useless = run("clock", "--durability", "power-safe", "--root", directory.toString());

    assertEquals(2, unknown.status);
    assertEquals(
        "kill: durability: expected=one of [in-files, power-safe, process-safe] actual=safe",
        unknown.complaint.strip());
    assertEquals(2, useless.status);
    assertEquals(
        "clock: --durability: clock has a use for in-files alone", useless.complaint.strip());
  }

  @Test
  void processesOfScenariosAreHiddenToo() {
    String help = run("--help").printed;

    for (String hidden :
        List.of("  work ", "  breed ", "  claim-work ", "  remote-work ", "  cut ", "  fail ")) {
      assertTrue(!help.contains(hidden), help);
    }
    assertTrue(help.contains("  eviction-race "), help);
  }

  private record Outcome(int status, String printed, String complaint) {}

  private static Outcome run(String... arguments) {
    StringWriter printed = new StringWriter();
    StringWriter complaint = new StringWriter();
    CommandLine line =
        Main.commandLine()
            .setOut(new PrintWriter(printed, true))
            .setErr(new PrintWriter(complaint, true));
    int status = line.execute(arguments);
    return new Outcome(status, printed.toString(), complaint.toString());
  }
}
