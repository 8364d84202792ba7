package io.warmstart.stress.cv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.stress.Main;
import io.warmstart.stress.cv.work.CvSpec;
import io.warmstart.stress.cv.work.FitOutcome;
import io.warmstart.stress.cv.work.FitTask;
import io.warmstart.stress.cv.work.Origin;
import io.warmstart.stress.cv.work.WorkerMessage;
import io.warmstart.stress.cv.work.WorkerMessage.Iterated;
import io.warmstart.stress.cv.work.WorkerMessage.Ready;
import io.warmstart.stress.cv.work.WorkerMessage.Saved;
import io.warmstart.stress.fork.JavaCommand;
import io.warmstart.stress.fork.Tool;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.FutureTask;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two jobs on one root share its fits: none is computed twice unless its worker has died. */
@Tag("slow")
@Tag("once")
@Timeout(300)
class SharedFitsTest {
  private static final CvSpec SPEC = new CvSpec(200, 3, 6, 0.5, 1);
  private static final long PATIENCE_NANOS = 120_000_000_000L;

  @TempDir Path directory;

  /** A job of this test's own, with workers that are processes. */
  private final class Job {
    private final FutureTask<RunTally> tally;
    private volatile int finished;

    Job(int workers, KillPlan plan) {
      this(workers, plan, workerCommand());
    }

    Job(int workers, KillPlan plan, List<String> command) {
      tally =
          new FutureTask<>(
              () -> {
                try (Coordinator coordinator =
                    new Coordinator(SPEC, workers, command, plan, new Finished())) {
                  return coordinator.run();
                }
              });
      Thread thread = new Thread(tally, "job");
      thread.setDaemon(true);
      thread.start();
    }

    private final class Finished extends RunProgress {
      @Override
      void update(int fits, long iterations) {
        finished = fits;
      }

      @Override
      void line(String text) {}

      @Override
      public void close() {}
    }
  }

  private List<String> workerCommand() {
    return workerCommand("store", List.of());
  }

  private List<String> workerCommand(String root, List<String> more) {
    List<String> arguments = new ArrayList<>();
    arguments.add(WorkerCommand.NAME);
    arguments.add("--root=" + directory.resolve(root));
    arguments.addAll(more);
    arguments.addAll(SPEC.toOptions());
    return JavaCommand.of(Main.class, arguments);
  }

  private static KillPlan kills(int number) {
    return new KillPlan(number, SPEC.fits(), Long.getLong("warmstart.seed", 8));
  }

  private static long iterations(Map<FitTask, FitOutcome> outcomes) {
    return outcomes.values().stream().mapToLong(FitOutcome::iterations).sum();
  }

  private static void assertEachIterationWasDoneOnce(Job one, Job other) throws Exception {
    RunTally tally = one.tally.get();
    RunTally otherTally = other.tally.get();

    assertEquals(tally.outcomes(), otherTally.outcomes());
    assertEquals(
        iterations(tally.outcomes()), tally.iterationsDone() + otherTally.iterationsDone());
    assertTrue(tally.iterationsDone() > 0 && otherTally.iterationsDone() > 0);
    assertTrue(tally.fitsElsewhere() + otherTally.fitsElsewhere() > 0);
  }

  @Test
  void noIterationIsDoneTwice() throws Exception {
    Job one = new Job(2, kills(0));
    Job other = new Job(2, kills(0));

    assertEachIterationWasDoneOnce(one, other);
  }

  /** They share no root, but a remote. */
  @Test
  void noIterationIsDoneTwiceOnTwoMachines() throws Exception {
    Path shared = Files.createDirectory(directory.resolve("shared"));
    List<String> remote = List.of("--remote=" + shared.toUri());
    Job one = new Job(2, kills(0), workerCommand("one", remote));
    Job other = new Job(2, kills(0), workerCommand("other", remote));

    assertEachIterationWasDoneOnce(one, other);
  }

  /** Each iteration is saved before the next begins. */
  @Test
  void eachDeathCostsOneIterationAtMost() throws Exception {
    Job one = new Job(2, kills(4));
    Job other = new Job(2, kills(0));

    RunTally tally = one.tally.get();
    RunTally otherTally = other.tally.get();

    assertEquals(tally.outcomes(), otherTally.outcomes());
    long twice =
        tally.iterationsDone() + otherTally.iterationsDone() - iterations(tally.outcomes());
    assertTrue(twice >= 0 && twice <= tally.kills(), twice + " of " + tally.kills());
    // The other job may have done the rest before the last of them were due.
    assertTrue(tally.kills() > 0 && tally.kills() <= 4, "kills: " + tally.kills());
  }

  @Test
  void whatAKilledWorkerWasAtTheOtherJobGoesOnWith() throws Exception {
    boolean stoppedInTime = false;
    for (int attempt = 0; attempt < 10 && !stoppedInTime; attempt++) {
      stoppedInTime =
          goesOnWithWhatAKilledWorkerWasAt(workerCommand("store-" + attempt, List.of()));
    }
    assertTrue(stoppedInTime, "each was too fast to be stopped");
  }

  /** Returns false if the worker, which is stopped in the midst of its fit, had done it by then. */
  private boolean goesOnWithWhatAKilledWorkerWasAt(List<String> command) throws Exception {
    List<WorkerMessage> said = new CopyOnWriteArrayList<>();
    try (WorkerProcess stopped =
        new WorkerProcess(1, command, (worker, message) -> said.add(message), worker -> {})) {
      await(() -> said.contains(new Ready()));
      stopped.assign(new FitTask(0, 0), false);
      await(() -> said.stream().filter(Saved.class::isInstance).count() >= 3);
      Tool.attempt(List.of("kill", "-STOP", Long.toString(stopped.pid())));

      Job other = new Job(1, kills(0), command);
      await(() -> isDone(said) || other.finished == SPEC.fits() - SPEC.penalties());
      if (isDone(said)) {
        other.tally.get();
        return false;
      }
      assertTrue(!other.tally.isDone(), "a stopped worker is alive");
      stopped.kill();

      RunTally tally = other.tally.get();
      long found = tally.iterationsFound();
      long saved = last(said, Saved.class);
      long reached = last(said, Iterated.class);
      assertEquals(1, tally.fits(Origin.RESUMED));
      assertEquals(1, tally.fitsElsewhere());
      assertTrue(saved <= found && found <= reached, saved + " " + found + " " + reached);
      assertEquals(iterations(tally.outcomes()), tally.iterationsDone() + found);
      return true;
    }
  }

  private static boolean isDone(List<WorkerMessage> said) {
    return said.stream().anyMatch(WorkerMessage.Done.class::isInstance);
  }

  private static long last(List<WorkerMessage> said, Class<? extends WorkerMessage> kind) {
    WorkerMessage last = null;
    for (WorkerMessage each : said) {
      last = kind.isInstance(each) ? each : last;
    }
    if (last instanceof Saved saved) {
      return saved.iteration();
    }
    return last instanceof Iterated iterated ? iterated.iteration() : -1;
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() - start < PATIENCE_NANOS, "waited in vain");
      Thread.sleep(1);
    }
  }
}
