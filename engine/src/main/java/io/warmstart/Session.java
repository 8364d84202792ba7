package io.warmstart;

import io.warmstart.payload.PayloadSource;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import net.openhft.chronicle.bytes.BytesStore;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.EpochNanoClock;

/**
 * One fit on one key: it resumes from the best entry, offers checkpoints, and completes with the
 * final result, all under one run id that each write replaces.
 *
 * <p>A checkpoint is written if the last write lies 2 s back, or if its objective improves on the
 * best that this session has seen by more than 1e-12. Others are declined at the cost of a
 * comparison, so that a loop can offer one at every step.
 *
 * <p><b>Threads:</b> safe for all; offers are taken one after the other.
 */
public final class Session {
  private static final long LEAST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final double LEAST_IMPROVEMENT = 1e-12;

  private final WarmStartStore store;
  private final Fingerprint key;
  private final String runId;
  private final EpochNanoClock clock;
  private double best = Double.POSITIVE_INFINITY;
  private boolean written;
  private long writtenAtNanos;

  Session(WarmStartStore store, Fingerprint key, String runId, EpochNanoClock clock) {
    this.store = store;
    this.key = key;
    this.runId = runId;
    this.clock = clock;
  }

  /** The key. */
  public Fingerprint key() {
    return key;
  }

  /** The run id that this session writes under. */
  public String runId() {
    return runId;
  }

  /**
   * The entry to start from: the best by {@link Ranking#LOWEST_OBJECTIVE}. Its objective becomes
   * the one to improve on.
   *
   * @return a lease for the caller to close; empty if there is none
   */
  public synchronized Optional<Entry> resume() {
    Optional<Entry> entry = store.lookup(key);
    entry.ifPresent(found -> found.objective().ifPresent(value -> best = Math.min(best, value)));
    return entry;
  }

  /**
   * Offers a checkpoint.
   *
   * <p><b>Durable:</b> if it returns true, as {@link WarmStartStore#saveOverwrite(Fingerprint,
   * String, byte[], EntryAttributes)}; if false, nothing was written.
   *
   * @param objective lower is better; NaN or infinite = none
   * @param iteration unsigned
   * @return whether it was written
   */
  public boolean checkpoint(byte[] payload, double objective, long iteration) {
    return checkpoint(PayloadSource.of(payload), objective, iteration);
  }

  /** Offers what remains of a buffer; see the first form. */
  public boolean checkpoint(ByteBuffer payload, double objective, long iteration) {
    return checkpoint(PayloadSource.of(payload), objective, iteration);
  }

  /** Offers a range of an Agrona buffer; see the first form. */
  public boolean checkpoint(
      DirectBuffer payload, int offset, int length, double objective, long iteration) {
    return checkpoint(PayloadSource.of(payload, offset, length), objective, iteration);
  }

  /** Offers the readable bytes of a Chronicle store; see the first form. */
  public boolean checkpoint(BytesStore<?, ?> payload, double objective, long iteration) {
    return checkpoint(PayloadSource.of(payload), objective, iteration);
  }

  private synchronized boolean checkpoint(PayloadSource payload, double objective, long iteration) {
    boolean improves = Double.isFinite(objective) && best - objective > LEAST_IMPROVEMENT;
    long now = clock.nanoTime();
    // A clock that was set back must not silence the session until it has caught up.
    boolean due = !written || now - writtenAtNanos >= LEAST_PAUSE_NANOS || now < writtenAtNanos;
    if (!improves && !due) {
      return false;
    }
    write(EntryAttributes.checkpoint(), payload, objective, iteration);
    writtenAtNanos = now;
    return true;
  }

  /**
   * Saves the final result, in place of the session's last checkpoint.
   *
   * @param objective lower is better; NaN or infinite = none
   * @param iteration unsigned
   */
  public void complete(byte[] payload, double objective, long iteration) {
    complete(PayloadSource.of(payload), objective, iteration);
  }

  /** Saves what remains of a buffer; see the first form. */
  public void complete(ByteBuffer payload, double objective, long iteration) {
    complete(PayloadSource.of(payload), objective, iteration);
  }

  /** Saves a range of an Agrona buffer; see the first form. */
  public void complete(
      DirectBuffer payload, int offset, int length, double objective, long iteration) {
    complete(PayloadSource.of(payload, offset, length), objective, iteration);
  }

  /** Saves the readable bytes of a Chronicle store; see the first form. */
  public void complete(BytesStore<?, ?> payload, double objective, long iteration) {
    complete(PayloadSource.of(payload), objective, iteration);
  }

  private synchronized void complete(PayloadSource payload, double objective, long iteration) {
    write(EntryAttributes.finalResult(), payload, objective, iteration);
  }

  private void write(
      EntryAttributes kind, PayloadSource payload, double objective, long iteration) {
    store.saveOverwrite(
        key, runId, payload, kind.withObjective(objective).withIteration(iteration));
    // Only what is on disk is a best to improve on: a failed save leaves the next offer a chance.
    written = true;
    if (Double.isFinite(objective)) {
      best = Math.min(best, objective);
    }
  }
}
