package io.warmstart;

import io.warmstart.model.Acknowledgement;
import io.warmstart.model.ClaimState;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Payload;
import io.warmstart.model.Ranking;
import io.warmstart.model.RemoteOptions;
import io.warmstart.model.StoreException;
import io.warmstart.ranking.RankingRule;
import io.warmstart.runtime.EngineLog;
import io.warmstart.save.SaveFlow;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.agrona.concurrent.EpochNanoClock;

/**
 * One fit on one key: it resumes from an entry, offers checkpoints, and completes with the final
 * result. It keeps its <em>best</em> and its <em>last</em> state apart, as two entries that it
 * overwrites: a fit that diverges, to NaN or to what is worse, does not destroy the best state that
 * it had.
 *
 * <p>A checkpoint is taken if its objective improves on the best that this session has taken or
 * resumed from by more than {@link SessionOptions#minImprovement()}, or if {@link
 * SessionOptions#interval()} has passed since the last one that was taken; so is the first. Others
 * are declined at the cost of a comparison, so that a loop can offer one at every step. An
 * objective that is NaN or infinite counts as none and never improves.
 *
 * <p>What is taken goes to the best entry if its objective is lower than that of all the
 * checkpoints that <em>this session</em> has taken (by more than 1e-12, for closer ones tie in
 * every ranking), and to the last entry otherwise. So the best entry never gets worse, {@link
 * Ranking#LATEST} finds the last state taken whichever entry has it, and a session without
 * objectives has one entry only. A session overwrites nothing but its own two entries: what it
 * resumed from stays, and so does what other sessions on the key save. To eviction and expiry both
 * entries are like any other.
 *
 * <p><b>Durable:</b> by default a checkpoint that was taken survives the death of every process
 * once the call has returned ({@link Durability#PROCESS_SAFE}), and a power cut once its pair of
 * files is made, a second later; a power cut before that brings back an earlier version, whole. So
 * a loop may offer one a thousand times a second; but for the first of each of the two entries,
 * which waits for the disk, as a state of more than 2 MiB does (with the default budget; see {@link
 * Durability}). {@link SessionOptions#withDurability} or the store's options ask for more; where
 * there can be no journal it is more. A final result survives a power cut at least. Each is one
 * save to one entry, and the two are never changed together: a crash between two saves leaves two
 * whole entries, the best and an older last one or the other way round.
 *
 * <p><b>Threads:</b> safe for all. Offers are taken one after the other: one that comes while
 * another is being saved waits for it, even if it will be declined.
 *
 * <p><b>Errors:</b> those of the store that it is one of, IllegalStateException once that is closed
 * included.
 */
public final class Session {
  private final WarmStartStore store;
  private final Fingerprint key;
  private final String bestRunId;
  private final String lastRunId;
  private final SessionOptions options;
  private final Durability ofCheckpoints;
  private final Durability ofFinalResult;
  private final EpochNanoClock clock;

  /** The lowest objective that was taken or resumed from: what is to be improved on. */
  private double bar = Double.POSITIVE_INFINITY;

  /** The objective of the best entry: what that entry's next version must not be above. */
  private double best = Double.POSITIVE_INFINITY;

  /** Whether the last entry is a final result, which no checkpoint may replace. */
  private boolean completed;

  private boolean taken;
  private long takenAtNanos;

  /**
   * Makes a session.
   *
   * @param freshRunId what both run ids begin with; unique
   */
  Session(
      WarmStartStore store,
      Fingerprint key,
      String freshRunId,
      SessionOptions options,
      EpochNanoClock clock) {
    if (options.seeds().contains(key)) {
      throw new IllegalArgumentException("a key is no seed of itself: key=" + key);
    }
    this.store = store;
    this.key = key;
    this.bestRunId = freshRunId + "-best";
    this.lastRunId = freshRunId + "-last";
    this.options = options;
    Optional<Durability> named =
        options.durability().or(() -> Optional.ofNullable(store.options().named().durability));
    Durability asked = named.orElse(store.options().durability());
    boolean byDefault = named.isEmpty() && asked == Durability.POWER_SAFE;
    this.ofCheckpoints = byDefault ? Durability.PROCESS_SAFE : asked;
    this.ofFinalResult = asked == Durability.PROCESS_SAFE ? Durability.POWER_SAFE : asked;
    this.clock = clock;
  }

  /** {@return the key that it was opened with} */
  public Fingerprint key() {
    return key;
  }

  /**
   * {@return the run id of the best checkpoint of this session} Run ids of later sessions sort
   * later.
   */
  public String bestRunId() {
    return bestRunId;
  }

  /**
   * {@return the run id of the final result, and of the last checkpoint unless that is the best
   * one: then this entry is older, or missing}
   */
  public String lastRunId() {
    return lastRunId;
  }

  /**
   * The best entry to start from, of whatever session, by {@link Ranking#LOWEST_OBJECTIVE}. Its
   * objective becomes one to improve on, unless it lies in another root ({@link
   * StoreOptions#withSeeds}). A final result that is worse than some checkpoint is not what this
   * gives: whether the fit is finished, {@link #completed()} tells. With a remote, that is asked
   * first, for {@link RemoteOptions#deadline()} at most. Where the key has none, the keys of {@link
   * SessionOptions#withSeeds} are asked, whose objectives are none to improve on; one that cannot
   * be read counts as none, and is told in the log.
   *
   * @return a lease for the caller to close; empty if there is none
   * @throws StoreException if the key has entries and none could be read because of an error
   */
  public synchronized Optional<Entry> resume() {
    return resumeFrom(Ranking.LOWEST_OBJECTIVE);
  }

  /**
   * The last entry to start from, of whatever session, by {@link Ranking#LATEST}: the furthest
   * state of a fit, however good. Its objective becomes one to improve on. Remote and seeds as in
   * {@link #resume}.
   *
   * @return a lease for the caller to close; empty if there is none
   * @throws StoreException if the key has entries and none could be read because of an error
   */
  public synchronized Optional<Entry> resumeLatest() {
    return resumeFrom(Ranking.LATEST);
  }

  private Optional<Entry> resumeFrom(Ranking ranking) {
    // Once in a fit: to start from an older state than there is costs more than a request.
    store.refresh(key);
    Optional<Entry> entry = store.lookup(key, ranking);
    // What lies in a seed's root is no version of this fit here, and may go without this store.
    entry
        .filter(found -> found.root().equals(store.root()))
        .ifPresent(found -> found.objective().ifPresent(value -> bar = Math.min(bar, value)));
    return entry.isPresent() ? entry : fromSeeds(ranking);
  }

  /** The first that another key has. Its objective is no bar: it may be of other data. */
  private Optional<Entry> fromSeeds(Ranking ranking) {
    for (Fingerprint seed : options.seeds()) {
      try {
        store.refresh(seed);
        Optional<Entry> entry = store.lookup(seed, ranking);
        if (entry.isPresent()) {
          return entry;
        }
      } catch (StoreException e) {
        EngineLog.warning("a seed cannot be read, and counts as none: key=" + seed, e);
      }
    }
    return Optional.empty();
  }

  /**
   * The final result if some session has completed the fit, the latest if several have. Where the
   * root has none, the first that a root of {@link StoreOptions#withSeeds} has, whatever
   * checkpoints lie here. It is there if a claim of the key is {@link ClaimState#FINISHED}. With a
   * remote, that is asked first, for {@link RemoteOptions#deadline()} at most.
   *
   * @return a lease for the caller to close; empty if there is none
   * @throws StoreException if the key has entries and none could be read because of an error
   */
  public Optional<Entry> completed() {
    store.refresh(key);
    return store.lookupFinal(key);
  }

  /**
   * Offers a checkpoint.
   *
   * <p><b>Durable:</b> if it returns true, as {@link Session} says; if false, nothing was written.
   *
   * <p>Errors and blocking as {@link WarmStartStore#saveOverwrite(Fingerprint, String, byte[],
   * EntryAttributes)}. After an error the next offer has the chance that this one had.
   *
   * @param payload read once if it is taken, before this returns
   * @param objective lower is better; NaN or infinite = none
   * @param iteration unsigned
   * @return whether it was taken
   */
  public synchronized boolean checkpoint(Payload payload, double objective, long iteration) {
    long now = clock.nanoTime();
    if (!isTaken(objective, now)) {
      return false;
    }
    take(payload, objective, iteration, now);
    return true;
  }

  /**
   * Offers a whole array; see the first form.
   *
   * @param payload not to be changed before this returns
   * @param objective lower is better; NaN or infinite = none
   * @param iteration unsigned
   * @return whether it was taken
   */
  public boolean checkpoint(byte[] payload, double objective, long iteration) {
    return checkpoint(Payload.of(payload), objective, iteration);
  }

  /**
   * Offers a checkpoint whose bytes are made only if it is taken; see the first form.
   *
   * @param payload asked at most once, before this returns, while other offers wait; it must not
   *     use this session. What it throws, this throws, and nothing is written
   * @param objective lower is better; NaN or infinite = none
   * @param iteration unsigned
   * @return whether it was taken
   */
  public synchronized boolean checkpoint(
      Supplier<Payload> payload, double objective, long iteration) {
    long now = clock.nanoTime();
    if (!isTaken(objective, now)) {
      return false;
    }
    Payload bytes = Objects.requireNonNull(payload.get(), "the supplier has given no payload");
    take(bytes, objective, iteration, now);
    return true;
  }

  private boolean isTaken(double objective, long now) {
    // A loop that is told that nothing was taken goes on.
    store.ensureOpen();
    if (completed && !isBest(objective)) {
      return false;
    }
    boolean improves = Double.isFinite(objective) && bar - objective > options.minImprovement();
    // A clock that was set back must not silence the session until it has caught up.
    boolean due = !taken || now - takenAtNanos >= options.intervalNanos() || now < takenAtNanos;
    return improves || due;
  }

  /**
   * Whether a checkpoint belongs into the best entry: also one that improves by less than was asked
   * for, since in the last entry the next one would destroy it.
   */
  private boolean isBest(double objective) {
    double least = Math.min(RankingRule.OBJECTIVE_TIE, options.minImprovement());
    return Double.isFinite(objective) && best - objective > least;
  }

  private void take(Payload payload, double objective, long iteration, long now) {
    EntryAttributes attributes =
        EntryAttributes.checkpoint().withObjective(objective).withIteration(iteration);
    if (isBest(objective)) {
      try {
        store.saveOverwrite(key, bestRunId, payload, attributes, ofCheckpoints);
      } catch (RuntimeException | Error e) {
        if (SaveFlow.mayHaveReplaced(e)) {
          best = objective;
        }
        throw e;
      }
      best = objective;
    } else {
      store.saveOverwrite(key, lastRunId, payload, attributes, ofCheckpoints);
    }
    // Only what is on disk is a bar: a failed save leaves the next offer a chance.
    lowerBar(objective);
    taken = true;
    takenAtNanos = now;
  }

  private void lowerBar(double objective) {
    if (Double.isFinite(objective)) {
      bar = Math.min(bar, objective);
    }
  }

  /**
   * Saves the final result as the last entry; the best checkpoint stays. From then on only
   * checkpoints that are better than that one are taken.
   *
   * <p><b>Durable:</b> when it returns, the final result survives a power cut. It is in the remote
   * too, if one is named that is written to, and has answered within {@link
   * RemoteOptions#flushWait()}; {@link WarmStartStore#acknowledgement} of {@link #lastRunId} tells.
   * What else is due goes there within that time too, if it can.
   *
   * <p>Blocking and errors as for a checkpoint that is taken.
   *
   * @param payload read once, before this returns
   * @param objective lower is better; NaN or infinite = none
   * @param iteration unsigned
   */
  public synchronized void complete(Payload payload, double objective, long iteration) {
    Optional<RemoteOptions> remote = store.options().remote().filter(named -> !named.readOnly());
    EntryAttributes attributes =
        EntryAttributes.finalResult()
            .withObjective(objective)
            .withIteration(iteration)
            .withAcknowledgement(
                remote.isPresent() ? Acknowledgement.REMOTE : Acknowledgement.LOCAL);
    long start = System.nanoTime();
    try {
      store.saveOverwrite(key, lastRunId, payload, attributes, ofFinalResult);
    } catch (RuntimeException | Error e) {
      completed |= SaveFlow.mayHaveReplaced(e);
      throw e;
    }
    // What waits beside it, the best state above all.
    remote.ifPresent(
        named ->
            store.sendRest(
                key, lastRunId, named.flushWait().minusNanos(System.nanoTime() - start)));
    completed = true;
    taken = true;
    takenAtNanos = clock.nanoTime();
    lowerBar(objective);
  }

  /**
   * Completes with a whole array; see the first form.
   *
   * @param payload not to be changed before this returns
   * @param objective lower is better; NaN or infinite = none
   * @param iteration unsigned
   */
  public void complete(byte[] payload, double objective, long iteration) {
    complete(Payload.of(payload), objective, iteration);
  }
}
