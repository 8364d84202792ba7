package io.warmstart.stress.cv.work;

import io.warmstart.Claim;
import io.warmstart.Entry;
import io.warmstart.Session;
import io.warmstart.SessionOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.ClaimOptions;
import io.warmstart.model.ClaimState;
import io.warmstart.model.EntryKind;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Payload;
import io.warmstart.model.Ranking;
import io.warmstart.stress.cv.fit.FitState;
import io.warmstart.stress.cv.fit.ProximalGradient;
import io.warmstart.stress.cv.fit.TrainingSet;
import io.warmstart.stress.cv.work.WorkerMessage.BestFound;
import io.warmstart.stress.cv.work.WorkerMessage.Elsewhere;
import io.warmstart.stress.cv.work.WorkerMessage.Iterated;
import io.warmstart.stress.cv.work.WorkerMessage.Looked;
import io.warmstart.stress.cv.work.WorkerMessage.Note;
import io.warmstart.stress.cv.work.WorkerMessage.Saved;
import io.warmstart.stress.cv.work.WorkerMessage.Started;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Does one fit against the store, unless another process is at it: finds it finished, goes on from
 * its last checkpoint, or seeds it from the neighbouring penalty, and offers a checkpoint after
 * every iteration. Tells what the store holds as the fit's best before and after it, and after each
 * checkpoint that was worse than one before.
 *
 * <p><b>Threads:</b> not safe.
 */
public final class FitRunner {
  /** While the remote is away each machine goes on alone. */
  private static final ClaimOptions CLAIM = ClaimOptions.defaults().withAloneIfUnanswered(true);

  /*
   * Every final of a key holds the same bits, whatever was killed on the way, because
   *  - a checkpoint is the optimiser's whole state, so going on from any of them is the same walk;
   *  - the seed is the neighbour's final, never a checkpoint of it: another coordinator on the
   *    same root may be writing those at this moment.
   */
  private final WarmStartStore store;
  private final CrossValidation problem;
  private final Consumer<WorkerMessage> report;
  private final BooleanSupplier stopping;

  /**
   * A runner that tells {@code report} all it does and gives up early once {@code stopping} says
   * so.
   */
  public FitRunner(
      WarmStartStore store,
      CrossValidation problem,
      Consumer<WorkerMessage> report,
      BooleanSupplier stopping) {
    this.store = store;
    this.problem = problem;
    this.report = report;
    this.stopping = stopping;
  }

  /**
   * Brings the task to its end.
   *
   * <p><b>Durable when it returns:</b> the final is in the store. <b>Blocks:</b> on the store's
   * syncs.
   *
   * @param patience how long to wait for another process that is at it
   * @return what was fitted; empty if it was told to stop before, or has told that another is at it
   */
  public Optional<FitOutcome> run(FitTask task, Duration patience) throws InterruptedException {
    FitState fitted = fitUnlessClaimed(task, patience);
    if (fitted == null) {
      if (!stopping.getAsBoolean()) {
        report.accept(new Elsewhere(task));
      }
      return Optional.empty();
    }
    return Optional.of(FitOutcome.of(fitted, problem.score(task, fitted)));
  }

  private @Nullable FitState fitUnlessClaimed(FitTask task, Duration patience)
      throws InterruptedException {
    try (Claim claim = store.claim(problem.key(task), CLAIM)) {
      return claim.await(patience) == ClaimState.OTHERS ? null : fit(task, patience);
    }
  }

  private @Nullable FitState fit(FitTask task, Duration patience) throws InterruptedException {
    Fingerprint key = problem.key(task);
    TrainingSet training = problem.training(task);
    Session session = store.session(key, SessionOptions.defaults().withEveryOffer());
    Found found = read(timed(session::completed), task, training);
    if (found != null) {
      report.accept(new Started(task, Origin.FINISHED, found.state.iteration()));
      return found.state;
    }
    // What is best is not what is furthest: the next steps would be those of another walk.
    Optional<Entry> latest = timed(session::resumeLatest);
    found = read(latest, task, training);
    reportBest(task, session);
    if (found != null) {
      report.accept(new Started(task, Origin.RESUMED, found.state.iteration()));
      return iterate(task, session, problem.optimiser(task, found.state));
    }
    if (task.penalty() == 0) {
      report.accept(new Started(task, Origin.COLD, 0));
      return iterate(task, session, problem.optimiser(task, FitState.cold(training)));
    }
    FitState neighbour = neighbour(task.neighbour(), training, patience);
    if (neighbour == null) {
      return null;
    }
    report.accept(new Started(task, Origin.SEEDED, 0));
    return iterate(task, session, problem.optimiser(task, FitState.seededFrom(neighbour)));
  }

  private void reportBest(FitTask task, Session session) {
    double objective = Double.POSITIVE_INFINITY;
    Optional<Entry> best = timed(session::resume);
    if (best.isPresent()) {
      try (Entry entry = best.get()) {
        objective = entry.objective().orElse(Double.POSITIVE_INFINITY);
      }
    }
    report.accept(new BestFound(task, objective));
  }

  private @Nullable FitState neighbour(FitTask task, TrainingSet training, Duration patience)
      throws InterruptedException {
    Fingerprint key = problem.key(task);
    Found found = read(timed(() -> store.lookupLatest(key)), task, training);
    if (found == null || found.kind != EntryKind.FINAL) {
      found = read(timed(() -> store.lookup(key, Ranking.FINAL_FIRST)), task, training);
    }
    if (found != null && found.kind == EntryKind.FINAL) {
      return found.state;
    }
    report.accept(new Note(task + " is no longer in the store and is fitted again"));
    return fitUnlessClaimed(task, patience);
  }

  private @Nullable FitState iterate(FitTask task, Session session, ProximalGradient optimiser) {
    FitState state = optimiser.state();
    UnsafeBuffer buffer = new UnsafeBuffer(new byte[state.encodedLength()]);
    double lowest = Double.POSITIVE_INFINITY;
    while (!optimiser.converged()) {
      if (stopping.getAsBoolean()) {
        return null;
      }
      optimiser.iterate();
      report.accept(new Iterated(state.iteration()));
      state.encode(buffer, 0);
      if (!optimiser.converged()) {
        long begun = System.nanoTime();
        boolean wrote =
            session.checkpoint(
                Payload.of(buffer, 0, buffer.capacity()), state.objective(), state.iteration());
        if (wrote) {
          report.accept(saved(state, begun));
          if (state.objective() > lowest) {
            // It was worse: the moment at which the best may have been destroyed.
            reportBest(task, session);
          }
          lowest = Math.min(lowest, state.objective());
        }
      }
    }
    state.encode(buffer, 0);
    long begun = System.nanoTime();
    session.complete(
        Payload.of(buffer, 0, buffer.capacity()), state.objective(), state.iteration());
    report.accept(saved(state, begun));
    reportBest(task, session);
    return state;
  }

  private static Saved saved(FitState state, long begunNanos) {
    return new Saved(state.iteration(), state.objective(), System.nanoTime() - begunNanos);
  }

  private Optional<Entry> timed(Supplier<Optional<Entry>> lookup) {
    long begun = System.nanoTime();
    Optional<Entry> entry = lookup.get();
    report.accept(new Looked(entry.isPresent(), System.nanoTime() - begun));
    return entry;
  }

  // A payload that is no state of ours was saved by something else under our key: said, and passed.
  private @Nullable Found read(Optional<Entry> hit, FitTask task, TrainingSet training) {
    if (hit.isEmpty()) {
      return null;
    }
    try (Entry entry = hit.get()) {
      int length = Math.toIntExact(entry.payloadLength());
      return new Found(FitState.decode(entry.payload(), 0, length, training), entry.kind());
    } catch (ArithmeticException | IllegalArgumentException e) {
      report.accept(new Note(task + ": entry passed over: " + e.getMessage()));
      return null;
    }
  }

  private record Found(FitState state, EntryKind kind) {}
}
