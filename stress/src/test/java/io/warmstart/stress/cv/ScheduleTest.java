package io.warmstart.stress.cv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.stress.cv.work.CvSpec;
import io.warmstart.stress.cv.work.FitTask;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ScheduleTest {
  private static final CvSpec SPEC = new CvSpec(100, 3, 4, 0.5, 1);

  @Test
  void everyFitComesOnceAndAfterItsNeighbourWhateverDies() {
    long seed = Long.getLong("warmstart.seed", 20);
    Random random = new Random(seed);
    Schedule schedule = new Schedule(SPEC);
    List<FitTask> underWay = new ArrayList<>();
    Set<FitTask> finished = new HashSet<>();

    while (schedule.unfinished() > 0) {
      schedule.take().ifPresent(underWay::add);
      FitTask task = underWay.remove(random.nextInt(underWay.size()));
      int choice = random.nextInt(4);
      if (choice == 0) {
        schedule.giveBack(task);
      } else if (choice == 3) {
        schedule.leave(task);
      } else if (choice == 1) {
        underWay.add(task);
      } else {
        assertTrue(
            task.penalty() == 0 || finished.contains(new FitTask(task.fold(), task.penalty() - 1)),
            "seed " + seed + ": too early: " + task);
        assertTrue(finished.add(task), "seed " + seed + ": twice: " + task);
        schedule.finish(task);
      }
    }

    assertEquals(SPEC.fits(), finished.size());
    assertEquals(SPEC.fits(), schedule.finished());
    assertTrue(schedule.take().isEmpty());
  }

  @Test
  void whatAnotherJobIsAtComesLast() {
    Schedule schedule = new Schedule(SPEC);
    FitTask left = schedule.take().orElseThrow();
    schedule.leave(left);
    for (int chain = 1; chain < SPEC.chains(); chain++) {
      FitTask next = schedule.take().orElseThrow();
      assertEquals(new FitTask(chain, 0), next);
      schedule.finish(next);
    }
    assertEquals(new FitTask(1, 1), schedule.take().orElseThrow());
    assertEquals(new FitTask(2, 1), schedule.take().orElseThrow());
    assertEquals(new FitTask(3, 1), schedule.take().orElseThrow());

    assertEquals(left, schedule.take().orElseThrow());
    assertTrue(schedule.take().isEmpty());
  }

  @Test
  void leastAdvancedChainGoesFirst() {
    Schedule schedule = new Schedule(SPEC);
    FitTask first = schedule.take().orElseThrow();
    schedule.finish(first);

    assertEquals(new FitTask(1, 0), schedule.take().orElseThrow());
    assertEquals(new FitTask(2, 0), schedule.take().orElseThrow());
    assertEquals(new FitTask(3, 0), schedule.take().orElseThrow());
    assertEquals(new FitTask(0, 1), schedule.take().orElseThrow());
    assertTrue(schedule.take().isEmpty(), "the other chains' next fits have no seed yet");
  }
}
