package io.warmstart.stress.cv.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.Claim;
import io.warmstart.WarmStartStore;
import io.warmstart.model.ClaimState;
import io.warmstart.model.EntryAttributes;
import io.warmstart.stress.cv.fit.FitState;
import io.warmstart.stress.cv.fit.ProximalGradient;
import io.warmstart.stress.cv.work.WorkerMessage.BestFound;
import io.warmstart.stress.cv.work.WorkerMessage.Elsewhere;
import io.warmstart.stress.cv.work.WorkerMessage.Iterated;
import io.warmstart.stress.cv.work.WorkerMessage.Note;
import io.warmstart.stress.cv.work.WorkerMessage.Saved;
import io.warmstart.stress.cv.work.WorkerMessage.Started;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FitRunnerTest {
  private static final FitTask FIRST = new FitTask(0, 0);
  private static final FitTask SECOND = new FitTask(0, 1);
  private static final FitTask THIRD = new FitTask(0, 2);

  @TempDir Path directory;

  private final CrossValidation problem = new CrossValidation(new CvSpec(200, 2, 5, 0.5, 1));
  private final List<WorkerMessage> messages = new ArrayList<>();
  private WarmStartStore store;

  @BeforeEach
  void openStore() {
    store = WarmStartStore.open(directory.resolve("store"));
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  @Test
  void finishedFitIsFoundWithoutAnIteration() throws InterruptedException {
    FitOutcome done = run(FIRST);
    messages.clear();

    assertEquals(done, run(FIRST));

    assertEquals(Origin.FINISHED, started().origin());
    assertEquals(0, iterations());
  }

  @Test
  void fitIsSeededFromItsNeighbour() throws InterruptedException {
    run(FIRST);
    messages.clear();

    run(SECOND);

    assertEquals(Origin.SEEDED, started().origin());
    assertEquals(0, started().iteration());
  }

  @Test
  void fitStoppedHalfwayGoesOnToTheSameBits() throws InterruptedException {
    run(FIRST);
    FitOutcome undisturbed = runOn("elsewhere", SECOND);
    messages.clear();
    assertTrue(runner(5).run(SECOND, Duration.ZERO).isEmpty(), "stopped before its end");
    assertEquals(5, iterations());
    messages.clear();

    FitOutcome resumed = run(SECOND);

    assertEquals(Origin.RESUMED, started().origin());
    assertEquals(5, started().iteration());
    assertEquals(undisturbed, resumed);
  }

  // A session that kept its last state only would lose the best one here, and did.
  @Test
  void bestStateSurvivesTheWorseOnesThatAreSavedAfterIt() throws InterruptedException {
    run(FIRST);
    messages.clear();

    run(SECOND);

    double lowest = Double.POSITIVE_INFINITY;
    boolean worse = false;
    int looks = 0;
    for (WorkerMessage message : messages) {
      if (message instanceof Saved saved) {
        worse = saved.objective() > lowest;
        lowest = Math.min(lowest, saved.objective());
      } else if (message instanceof BestFound found && worse) {
        assertEquals(lowest, found.objective(), 1e-12);
        looks++;
      }
    }
    assertTrue(looks > 1, "no state was worse than one before");
  }

  @Test
  void whatAnotherIsAtIsLeftToItUntilItIsFinished() throws InterruptedException {
    FitOutcome undisturbed = runOn("elsewhere", FIRST);
    try (Claim other = store.claim(problem.key(FIRST))) {
      assertEquals(ClaimState.MINE, other.state());
      assertTrue(runner(Integer.MAX_VALUE).run(FIRST, Duration.ofMillis(30)).isEmpty());
      assertEquals(List.of(new Elsewhere(FIRST)), messages);
      // A neighbour that is gone, and that another is fitting again, is waited for as well.
      assertTrue(runner(Integer.MAX_VALUE).run(SECOND, Duration.ZERO).isEmpty());
      assertEquals(0, iterations());
    }
    assertEquals(undisturbed, run(FIRST));
  }

  // Two coordinators on one root: the slower one's checkpoint of the neighbour is the latest entry
  // although the faster one has finished it.
  @Test
  void neighboursLaterCheckpointIsNoSeed() throws InterruptedException {
    run(FIRST);
    FitOutcome undisturbed = runOn("elsewhere", SECOND);
    ProximalGradient slower = problem.optimiser(FIRST, FitState.cold(problem.training(FIRST)));
    slower.iterate();
    FitState state = slower.state();
    UnsafeBuffer buffer = new UnsafeBuffer(new byte[state.encodedLength()]);
    state.encode(buffer, 0);
    store.save(
        problem.key(FIRST),
        buffer.byteArray(),
        EntryAttributes.checkpoint()
            .withObjective(state.objective())
            .withIteration(state.iteration()));

    assertEquals(undisturbed, run(SECOND));
  }

  @Test
  void missingNeighboursAreFittedAgain() throws InterruptedException {
    FitOutcome undisturbed = runOn("elsewhere", THIRD);

    assertEquals(undisturbed, run(THIRD));

    List<Note> notes =
        messages.stream().filter(Note.class::isInstance).map(Note.class::cast).toList();
    assertEquals(
        "fold 0 penalty 1 is no longer in the store and is fitted again", notes.get(0).text());
    assertEquals(
        "fold 0 penalty 0 is no longer in the store and is fitted again", notes.get(1).text());
  }

  @Test
  void foreignEntryUnderTheKeyIsSaidAndPassedOver() throws InterruptedException {
    FitOutcome undisturbed = runOn("elsewhere", FIRST);
    store.save(
        problem.key(FIRST), new byte[] {1, 2, 3}, EntryAttributes.checkpoint().withObjective(-1e9));

    assertEquals(undisturbed, run(FIRST));
    assertTrue(
        messages.stream()
            .anyMatch(m -> m instanceof Note note && note.text().contains("passed over")));
    messages.clear();

    assertEquals(undisturbed, run(FIRST));
    assertEquals(Origin.FINISHED, started().origin());
  }

  private FitOutcome run(FitTask task) throws InterruptedException {
    return runner(Integer.MAX_VALUE).run(task, Duration.ZERO).orElseThrow();
  }

  private FitOutcome runOn(String root, FitTask task) throws InterruptedException {
    try (WarmStartStore other = WarmStartStore.open(directory.resolve(root))) {
      FitRunner runner = new FitRunner(other, problem, unused -> {}, () -> false);
      for (int penalty = 0; penalty < task.penalty(); penalty++) {
        assertTrue(runner.run(new FitTask(task.fold(), penalty), Duration.ZERO).isPresent());
      }
      return runner.run(task, Duration.ZERO).orElseThrow();
    }
  }

  private FitRunner runner(int mostIterations) {
    return new FitRunner(store, problem, messages::add, () -> iterations() >= mostIterations);
  }

  private long iterations() {
    return messages.stream().filter(Iterated.class::isInstance).count();
  }

  private Started started() {
    Optional<WorkerMessage> first = messages.stream().filter(Started.class::isInstance).findFirst();
    return (Started) first.orElseThrow();
  }
}
