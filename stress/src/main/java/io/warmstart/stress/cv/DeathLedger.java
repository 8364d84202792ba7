package io.warmstart.stress.cv;

import io.warmstart.stress.cv.work.FitTask;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/**
 * Deaths whose cost is not known yet: it is, once the fit has been taken up again.
 *
 * <p><b>Threads:</b> not safe; the coordinator's own.
 */
final class DeathLedger {
  /**
   * A death in the middle of {@code fit}, which is the task itself or a neighbour that had to be
   * fitted again for it.
   */
  record Open(
      int worker,
      boolean planned,
      FitTask task,
      FitTask fit,
      long reached,
      long saved,
      long unsavedMillis) {}

  private final List<Open> open = new ArrayList<>();

  void add(Open death) {
    open.add(death);
  }

  /** The fit goes on from {@code iteration}: the deaths that this settles. */
  List<Death> takenUp(FitTask fit, long iteration) {
    return settle(death -> death.fit.equals(fit), unused -> iteration);
  }

  /** The task is done; a neighbour that it died in must have been found finished meanwhile. */
  List<Death> done(FitTask task) {
    return settle(death -> death.task.equals(task), Open::reached);
  }

  private List<Death> settle(Predicate<Open> settled, ToLongFunction<Open> resumedFrom) {
    List<Death> deaths = new ArrayList<>();
    for (Iterator<Open> each = open.iterator(); each.hasNext(); ) {
      Open death = each.next();
      if (settled.test(death)) {
        each.remove();
        deaths.add(
            new Death(
                death.worker,
                death.planned,
                death.fit,
                death.reached,
                death.saved,
                resumedFrom.applyAsLong(death),
                death.unsavedMillis));
      }
    }
    return deaths;
  }
}
