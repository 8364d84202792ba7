package io.warmstart.stress.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.Durability;
import io.warmstart.stress.frame.Run;
import io.warmstart.stress.frame.Scenario;
import io.warmstart.stress.frame.ScenarioResult;
import io.warmstart.stress.frame.ScenarioRunner;
import io.warmstart.stress.frame.Verdict;
import io.warmstart.stress.history.Kind;
import io.warmstart.stress.history.Operation;
import io.warmstart.stress.scenario.Casualties.Death;
import io.warmstart.stress.worker.Names;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnswersTest {
  private static final long SECOND = 1_000_000_000L;

  @TempDir Path directory;
  private boolean evicting;

  private ScenarioResult check(List<Operation> operations, Death... deaths)
      throws IOException, InterruptedException {
    Scenario scenario =
        new Scenario() {
          @Override
          public String name() {
            return "answers";
          }

          @Override
          public String summary() {
            return "what Answers says";
          }

          @Override
          public void run(Run run) {
            Answers.check(run, operations, List.of(deaths), evicting);
          }
        };
    return ScenarioRunner.run(
        scenario,
        1,
        1,
        0,
        Durability.IN_FILES,
        1,
        List.of(directory),
        new PrintWriter(new StringWriter()));
  }

  private static Operation lookup(int worker, int key, long invoked, long responded) {
    return new Operation(worker, Kind.LOWEST, key, -1, 0, invoked, responded, false, 0);
  }

  private static Operation died(int worker, int key, long invoked) {
    return new Operation(worker, Kind.OVERWRITE, key, 0, 9, invoked, Operation.NEVER, false, 0);
  }

  private static Death death(int worker, long atNanos) {
    return new Death(worker, atNanos, Set.of(Names.key(0).toHex()));
  }

  /** So many prompt operations that one late one does not make the round a slow one. */
  private static List<Operation> prompt() {
    List<Operation> operations = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      operations.add(lookup(2, 5, i * 1_000L, i * 1_000L + 500));
    }
    return operations;
  }

  @Test
  void whoeverWaitedAndTheFirstWhoCameLaterAreCounted() throws IOException, InterruptedException {
    List<Operation> operations = prompt();
    operations.add(died(1, 0, SECOND));
    operations.add(lookup(2, 0, SECOND, 3 * SECOND));
    operations.add(lookup(3, 0, 3 * SECOND, 3 * SECOND + 7));
    operations.add(lookup(3, 0, 4 * SECOND, 9 * SECOND));

    ScenarioResult result = check(operations, death(1, 2 * SECOND + SECOND / 2));

    assertEquals(Verdict.PASSED, result.verdict(), result.toString());
    assertEquals(2, result.counts().get(Answers.IN_TIME));
  }

  @Test
  void lateAnswerInPromptRoundIsProblem() throws IOException, InterruptedException {
    List<Operation> operations = prompt();
    operations.add(died(1, 0, SECOND));
    operations.add(lookup(2, 0, 3 * SECOND, 5 * SECOND));

    ScenarioResult result = check(operations, death(1, 2 * SECOND));

    assertEquals(Verdict.FAILED, result.verdict());
    assertEquals(1, result.counts().get(Answers.LATE));
  }

  @Test
  void lateAnswerIsToldWithWhatHappenedMeanwhile() throws IOException, InterruptedException {
    List<Operation> operations = prompt();
    operations.add(died(1, 0, SECOND));
    operations.add(lookup(2, 0, 3 * SECOND, 5 * SECOND));
    operations.add(lookup(3, 7, 4 * SECOND, 4 * SECOND + 5));
    operations.add(died(4, 9, 4 * SECOND));

    ScenarioResult result =
        check(operations, death(1, 2 * SECOND), death(4, 4 * SECOND + SECOND / 2));

    assertTrue(
        result
            .problems()
            .get(0)
            .endsWith(
                "took 2000 ms after that; 1 answers of others meanwhile, none for 1000 ms; died:"
                    + " worker 4 after 1500 ms at OVERWRITE key 9, this key held then"),
        result.problems().get(0));
  }

  /**
   * A volume of deaths ended with a save of 1.2 s: for as long no save of any key had been
   * answered, while lookups were.
   */
  @Test
  void whereSavesSweepLateOneIsTheKeysFaultOnlyIfOtherKeysWereSaved()
      throws IOException, InterruptedException {
    List<Operation> operations = prompt();
    operations.add(died(1, 0, SECOND));
    operations.add(new Operation(2, Kind.OVERWRITE, 0, 0, 7, 3 * SECOND, 5 * SECOND, false, 0));
    operations.add(lookup(3, 7, 4 * SECOND, 4 * SECOND + 5));

    assertEquals(Verdict.FAILED, check(operations, death(1, 2 * SECOND)).verdict(), "none sweeps");
    evicting = true;
    assertEquals(Verdict.PASSED, check(operations, death(1, 2 * SECOND)).verdict(), "all waited");

    operations.add(new Operation(4, Kind.SAVE, 7, -1, 8, 4 * SECOND, 4 * SECOND + 5, false, 0));

    assertEquals(Verdict.FAILED, check(operations, death(1, 2 * SECOND)).verdict(), "one did not");
  }

  @Test
  void lateAnswerIsExcusedByOthersOfItsKind() throws IOException, InterruptedException {
    List<Operation> operations = prompt();
    operations.add(died(1, 0, SECOND));
    operations.add(lookup(2, 0, 3 * SECOND, 5 * SECOND));
    operations.add(lookup(3, 0, 4 * SECOND, 4 * SECOND + 5));

    assertEquals(Verdict.PASSED, check(operations, death(1, 2 * SECOND)).verdict(), "a lookup");

    operations.set(
        operations.size() - 2,
        new Operation(2, Kind.OVERWRITE, 0, 0, 7, 3 * SECOND, 5 * SECOND, false, 0));

    assertEquals(
        Verdict.FAILED,
        check(operations, death(1, 2 * SECOND)).verdict(),
        "a write, which waits for what a lookup does not");
  }

  @Test
  void whoDiesOnTheKeyMeanwhileIsWhoIsAnsweredAfter() throws IOException, InterruptedException {
    List<Operation> operations = prompt();
    operations.add(died(1, 0, SECOND));
    operations.add(died(2, 0, 2 * SECOND));
    operations.add(lookup(3, 0, 3 * SECOND, 6 * SECOND));
    Death first = death(1, 4 * SECOND);

    ScenarioResult result = check(operations, first, death(2, 5 * SECOND + SECOND / 2));

    assertEquals(Verdict.PASSED, result.verdict(), result.toString());
    assertEquals(1, result.counts().get(Answers.IN_TIME));
    assertEquals(1, result.counts().get(Answers.ANOTHER_DEATHS));
    assertEquals(
        Verdict.FAILED,
        check(operations, first, death(2, 4 * SECOND + 5)).verdict(),
        "late after the second too");
  }

  @Test
  void lateAnswerWhereEverythingIsLateIsOnlyCounted() throws IOException, InterruptedException {
    List<Operation> operations = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      operations.add(lookup(2, 5, i * SECOND, (i + 1) * SECOND));
    }
    operations.add(died(1, 0, SECOND));
    operations.add(lookup(2, 0, 3 * SECOND, 5 * SECOND));

    ScenarioResult result = check(operations, death(1, 2 * SECOND));

    assertEquals(Verdict.PASSED, result.verdict());
    assertEquals(1, result.counts().get(Answers.LATE));
  }
}
