package io.warmstart.stress.cv;

import io.warmstart.stress.cv.work.CvSpec;
import io.warmstart.stress.cv.work.FitTask;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * Which fit to hand out next. A fold's penalties form a chain: each is seeded from the one before,
 * so it is handed out only once that one is finished, and of the chains that wait the least
 * advanced goes first, to keep all workers busy to the end. What another job on the root is at
 * comes last: it may be finished by then.
 *
 * <p><b>Threads:</b> not safe; the coordinator's own.
 */
final class Schedule {
  private final CvSpec spec;
  private final PriorityQueue<FitTask> ready;
  private final Set<FitTask> elsewhere = new LinkedHashSet<>();
  private int finished;

  Schedule(CvSpec spec) {
    this.spec = spec;
    this.ready =
        new PriorityQueue<>(
            (left, right) ->
                left.penalty() != right.penalty()
                    ? Integer.compare(left.penalty(), right.penalty())
                    : Integer.compare(left.fold(), right.fold()));
    for (int fold = 0; fold < spec.chains(); fold++) {
      ready.add(new FitTask(fold, 0));
    }
  }

  /** A task to do now; empty while every chain is finished or under way. */
  Optional<FitTask> take() {
    FitTask next = ready.poll();
    if (next == null && !elsewhere.isEmpty()) {
      next = elsewhere.iterator().next();
      elsewhere.remove(next);
    }
    return Optional.ofNullable(next);
  }

  /** Another job is at the task: it is to be handed out when there is nothing else. */
  void leave(FitTask task) {
    elsewhere.add(task);
  }

  /** The task's worker died: it is to be handed out again. */
  void giveBack(FitTask task) {
    ready.add(task);
  }

  void finish(FitTask task) {
    finished++;
    if (task.penalty() + 1 < spec.penalties()) {
      ready.add(new FitTask(task.fold(), task.penalty() + 1));
    }
  }

  int finished() {
    return finished;
  }

  int unfinished() {
    return spec.fits() - finished;
  }
}
