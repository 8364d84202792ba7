package io.warmstart.stress.cv;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.warmstart.stress.cv.work.CvSpec;
import io.warmstart.stress.cv.work.FitTask;
import io.warmstart.stress.cv.work.WorkerMessage;
import io.warmstart.stress.cv.work.WorkerMessage.BestFound;
import io.warmstart.stress.cv.work.WorkerMessage.Done;
import io.warmstart.stress.cv.work.WorkerMessage.Elsewhere;
import io.warmstart.stress.cv.work.WorkerMessage.Failed;
import io.warmstart.stress.cv.work.WorkerMessage.Iterated;
import io.warmstart.stress.cv.work.WorkerMessage.Looked;
import io.warmstart.stress.cv.work.WorkerMessage.Note;
import io.warmstart.stress.cv.work.WorkerMessage.Ready;
import io.warmstart.stress.cv.work.WorkerMessage.Saved;
import io.warmstart.stress.cv.work.WorkerMessage.Started;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Hands the fits to worker processes, starts dead ones again, and kills them if that is asked for.
 *
 * <p><b>Threads:</b> one thread owns it.
 */
final class Coordinator implements AutoCloseable {
  /*
   * Workers share nothing but the store's root. Each tells its coordinator all that it does; the
   * messages of all workers come into one queue, and only the thread in run() acts on them. A pipe
   * keeps what a process wrote before it died, so the last message of a killed worker says how far
   * it had come.
   */
  private static final int MOST_FRUITLESS_DEATHS = 5;

  private static final int INTERRUPTED_STATUS = 130;
  private static final long INTERRUPT_PAUSE_MILLIS = 1000;

  private record Event(WorkerProcess worker, @Nullable WorkerMessage message) {}

  /** What a live worker is at. */
  private static final class Seat {
    final WorkerProcess process;
    boolean ready;
    boolean condemned;
    @Nullable FitTask task;
    @Nullable FitTask fit;
    long reached;
    long saved;
    long savedNanos;

    Seat(WorkerProcess process) {
      this.process = process;
    }
  }

  private final List<String> workerCommand;
  private final KillPlan plan;
  private final RunProgress progress;
  private final Schedule schedule;
  private final RunTally tally;
  private final int workers;
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final Map<WorkerProcess, Seat> seats = new HashMap<>();
  private final DeathLedger ledger = new DeathLedger();
  private final BestLedger bests;
  private final Set<FitTask> begun = new HashSet<>();
  private int fruitlessDeaths;

  Coordinator(
      CvSpec spec, int workers, List<String> workerCommand, KillPlan plan, RunProgress progress) {
    this.workers = Math.min(workers, spec.chains());
    this.tally = new RunTally(this.workers);
    this.bests = tally.bests();
    this.workerCommand = workerCommand;
    this.plan = plan;
    this.progress = progress;
    this.schedule = new Schedule(spec);
  }

  /**
   * Does all fits.
   *
   * <p><b>Blocks:</b> until they are done.
   *
   * @throws WorkerFailure if a worker cannot go on, or workers die without getting anywhere
   */
  RunTally run() throws InterruptedException {
    for (int number = 1; number <= workers; number++) {
      start(number);
    }
    while (schedule.unfinished() > 0) {
      Event event = events.take();
      Seat seat = seats.get(event.worker);
      if (seat == null) {
        continue;
      }
      if (event.message == null) {
        buried(seat);
      } else {
        heard(seat, event.message);
      }
    }
    tally.ended();
    settleKills();
    return tally;
  }

  // The last moment may have come with the last iteration: then it strikes a worker at rest.
  private void settleKills() {
    for (Seat seat : seats.values()) {
      if (!seat.condemned && tally.iterationsDone() > 0 && plan.strikesAtEnd()) {
        seat.condemned = true;
        tally.killed();
        seat.process.kill();
      }
      if (seat.condemned) {
        tally.diedIdle();
      }
    }
  }

  private void heard(Seat seat, WorkerMessage message) {
    if (message instanceof Ready) {
      seat.ready = true;
      handOut();
    } else if (message instanceof Looked looked) {
      tally.looked(looked);
    } else if (message instanceof Started started) {
      started(seat, started);
    } else if (message instanceof Iterated iterated) {
      iterated(seat, iterated);
    } else if (message instanceof Saved saved) {
      seat.saved = saved.iteration();
      seat.savedNanos = System.nanoTime();
      tally.saved(saved);
      if (seat.fit != null) {
        bests.saved(seat.fit, saved.objective());
      }
    } else if (message instanceof BestFound found) {
      bests.found(found.task(), found.objective());
    } else if (message instanceof Done done) {
      done(seat, done);
    } else if (message instanceof Elsewhere elsewhere) {
      seat.task = null;
      seat.fit = null;
      schedule.leave(elsewhere.task());
      tally.foundElsewhere(elsewhere.task());
      handOut();
    } else if (message instanceof Note note) {
      tally.noted(note.text());
      progress.line(note.text());
    } else if (message instanceof Failed failed) {
      throw new WorkerFailure(seat.process + " failed: " + failed.text());
    }
  }

  private void started(Seat seat, Started started) {
    seat.fit = started.task();
    seat.reached = started.iteration();
    seat.saved = started.iteration();
    seat.savedNanos = System.nanoTime();
    settle(ledger.takenUp(started.task(), started.iteration()));
    if (begun.add(started.task())) {
      tally.began(started.origin(), started.iteration());
    }
  }

  private void settle(List<Death> deaths) {
    for (Death death : deaths) {
      tally.died(death);
      progress.line(
          "%s: resumed at iteration %d, lost %d"
              .formatted(death.task(), death.resumedFrom(), death.lostIterations()));
    }
  }

  private void iterated(Seat seat, Iterated iterated) {
    fruitlessDeaths = 0;
    seat.reached = iterated.iteration();
    tally.iterated();
    progress.update(schedule.finished(), tally.iterationsDone());
    if (!seat.condemned && plan.strikesAfterIteration(schedule.finished(), schedule.unfinished())) {
      strike(seat);
    }
  }

  private void done(Seat seat, Done done) {
    fruitlessDeaths = 0;
    seat.task = null;
    seat.fit = null;
    settle(ledger.done(done.task()));
    schedule.finish(done.task());
    tally.finished(done.task(), done.outcome());
    progress.update(schedule.finished(), tally.iterationsDone());
    handOut();
  }

  private void strike(Seat seat) {
    LockSupport.parkNanos(plan.delayNanos());
    seat.condemned = true;
    tally.killed();
    seat.process.kill();
    progress.line("killed " + seat.process + " at " + seat.task);
  }

  private void buried(Seat seat) throws InterruptedException {
    long diedNanos = System.nanoTime();
    seats.remove(seat.process);
    if (!seat.condemned) {
      awaitOwnEnd(seat.process.exitStatus());
      fruitlessDeaths++;
      progress.line(seat.process.epitaph() + "; started again");
      if (fruitlessDeaths >= MOST_FRUITLESS_DEATHS) {
        throw new WorkerFailure(
            "%d workers died without getting anywhere; the last: %s"
                .formatted(fruitlessDeaths, seat.process.epitaph()));
      }
    }
    if (seat.task != null) {
      schedule.giveBack(seat.task);
    }
    if (seat.task == null || seat.fit == null) {
      tally.diedIdle();
    } else {
      ledger.add(
          new DeathLedger.Open(
              seat.process.number(),
              seat.condemned,
              seat.task,
              seat.fit,
              seat.reached,
              seat.saved,
              NANOSECONDS.toMillis(diedNanos - seat.savedNanos)));
    }
    handOut();
    start(seat.process.number());
  }

  // The terminal's Ctrl-C reaches workers and coordinator alike, in any order: if that is why the
  // worker died, this process ends within the pause and must not start another.
  private static void awaitOwnEnd(int exitStatus) throws InterruptedException {
    if (exitStatus == INTERRUPTED_STATUS) {
      Thread.sleep(INTERRUPT_PAUSE_MILLIS);
    }
  }

  private void handOut() {
    for (Seat seat : seats.values()) {
      if (seat.ready && !seat.condemned && seat.task == null) {
        Optional<FitTask> task = schedule.take();
        if (task.isEmpty()) {
          return;
        }
        seat.task = task.get();
        seat.process.assign(task.get(), tally.wasElsewhere(task.get()));
      }
    }
  }

  private void start(int number) {
    try {
      WorkerProcess process =
          new WorkerProcess(
              number,
              workerCommand,
              (worker, message) -> events.add(new Event(worker, message)),
              worker -> events.add(new Event(worker, null)));
      seats.put(process, new Seat(process));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start a worker: " + e.getMessage(), e);
    }
  }

  /** Ends all workers. */
  @Override
  public void close() {
    for (WorkerProcess process : List.copyOf(seats.keySet())) {
      process.close();
    }
  }
}
