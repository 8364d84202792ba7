package io.warmstart.stress.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.Durability;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunTest {
  @TempDir Path directory;

  private final StringWriter said = new StringWriter();

  private interface Body {
    void run(Run run) throws IOException;
  }

  private ScenarioResult run(long seed, Body body) throws IOException, InterruptedException {
    return run(seed, 0, body);
  }

  private ScenarioResult run(long seed, long atLeast, Body body)
      throws IOException, InterruptedException {
    Scenario scenario =
        new Scenario() {
          @Override
          public String name() {
            return "example";
          }

          @Override
          public String summary() {
            return "an example";
          }

          @Override
          public List<String> volumes() {
            return List.of("saves");
          }

          @Override
          public void run(Run run) throws IOException {
            body.run(run);
          }
        };
    return ScenarioRunner.run(
        scenario,
        2,
        1,
        atLeast,
        Durability.IN_FILES,
        seed,
        List.of(directory),
        new PrintWriter(said));
  }

  @Test
  void enoughWorkAndNoProblemPasses() throws IOException, InterruptedException {
    ScenarioResult result =
        run(
            5,
            run -> {
              run.atLeast("saves", 3);
              run.count("saves", 3);
              run.trials(300, 0);
            });

    assertEquals(Verdict.PASSED, result.verdict());
    assertEquals(0.01, result.lossBound95());
    assertTrue(said.toString().contains("--seed 5"), said.toString());
    assertEquals(List.of(), kept());
  }

  @Test
  void tooLittleWorkFailsAndTellsHowToReplay() throws IOException, InterruptedException {
    ScenarioResult result =
        run(
            7,
            run -> {
              run.atLeast("saves", 3);
              run.count("saves", 2);
            });

    assertEquals(Verdict.FAILED, result.verdict());
    assertEquals(List.of("too little was done: saves: expected>=3 actual=2"), result.problems());
    assertTrue(
        said.toString()
            .contains(
                "replay java -jar stress/target/warmstart-stress.jar example --processes 2"
                    + " --seconds 1 --seed 7"),
        said.toString());
    assertEquals(1, kept().size(), "what a failed run leaves is kept");
  }

  @Test
  void volumeAskedForIsWaitedForAndAsserted() throws IOException, InterruptedException {
    ScenarioResult enough =
        run(
            3,
            50,
            run -> {
              run.atLeast("saves", 2);
              while (run.timeLeft()) {
                run.count("saves", 1);
              }
            });
    ScenarioResult tooLittle = run(4, 50, run -> run.count("saves", 49));

    assertEquals(Verdict.PASSED, enough.verdict());
    assertTrue(enough.minimums().get(0).actual() >= 50, enough.toString());
    assertTrue(enough.replay().contains("--seconds 1 --at-least 50 --seed 3"), enough.replay());
    assertEquals(
        List.of("too little was done: saves: expected>=50 actual=49"), tooLittle.problems());
  }

  @Test
  void lossFailsWhateverElse() throws IOException, InterruptedException {
    ScenarioResult result = run(1, run -> run.trials(1_000, 1));

    assertEquals(Verdict.FAILED, result.verdict());
    assertEquals(1, result.lossBound95());
  }

  @Test
  void defectOfTheScenarioIsNoPass() throws IOException, InterruptedException {
    ScenarioResult result =
        run(
            1,
            run -> {
              throw new IllegalStateException("undecided");
            });

    assertEquals(Verdict.FAILED, result.verdict());
  }

  @Test
  void skippedIsNeitherPassedNorFailedAndSaysWhy() throws IOException, InterruptedException {
    ScenarioResult result =
        run(
            1,
            run -> {
              run.atLeast("cuts", 10);
              throw new SkippedException("needs root");
            });

    assertEquals(Verdict.SKIPPED, result.verdict());
    assertEquals(List.of("example: needs root"), result.skipped());
    assertEquals(List.of(), result.problems());
  }

  @Test
  void sameSeedMakesTheSameChoices() throws IOException, InterruptedException {
    List<Long> choices = new ArrayList<>();
    run(9, run -> choices.add(run.random().nextLong()));
    run(9, run -> choices.add(run.random().nextLong()));
    run(10, run -> choices.add(run.random().nextLong()));

    assertEquals(choices.get(0), choices.get(1));
    assertFalse(choices.get(0).equals(choices.get(2)));
  }

  private List<Path> kept() throws IOException {
    try (Stream<Path> left = Files.list(directory)) {
      return left.toList();
    }
  }
}
