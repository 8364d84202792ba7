package io.warmstart;

import io.warmstart.engine.Engine;
import io.warmstart.model.Acknowledgement;
import io.warmstart.model.Backlog;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Payload;
import io.warmstart.model.RemoteOptions;
import io.warmstart.policy.Limits;
import io.warmstart.policy.StoreLimits;
import io.warmstart.remote.Remote;
import io.warmstart.runtime.OpenParts;
import io.warmstart.runtime.Operations;
import io.warmstart.save.ReservedSave;
import io.warmstart.save.Save;
import io.warmstart.save.SaveFlow;
import io.warmstart.save.SavedStage;
import java.time.Duration;
import java.util.Collections;
import java.util.WeakHashMap;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The saves of one store: while the caller waits, in the background, and reserved; each with the
 * acknowledgement of the remote, if that was asked for. Safe for all threads.
 */
final class Saves implements AutoCloseable {
  private final Engine engine;
  private final SaveFlow flow;
  private final Operations operations;
  private final StoreOptions options;
  private final @Nullable Remote remote;

  /** One that is forgotten is not kept. */
  private final OpenParts<ReservedSave> reservations =
      new OpenParts<>(
          Collections.newSetFromMap(new WeakHashMap<>()),
          each -> each.closeWithStore("was closed with its store"));

  Saves(
      Engine engine,
      StoreLimits limits,
      long foreignCheckNanos,
      Operations operations,
      StoreOptions options,
      @Nullable Remote remote) {
    this.engine = engine;
    this.flow =
        engine.saveFlow(
            limits, foreignCheckNanos, remote == null ? (key, run) -> {} : remote::saved);
    this.operations = operations;
    this.options = options;
    this.remote = remote;
  }

  String save(Fingerprint key, Payload payload, EntryAttributes attributes) {
    Save save = flow.newSave(key, payload, attributes, durability(attributes));
    run(save);
    return save.runId();
  }

  void overwrite(
      Fingerprint key,
      String runId,
      Payload payload,
      EntryAttributes attributes,
      Durability wanted) {
    run(flow.overwriting(key, runId, payload, attributes, durability(attributes, wanted)));
  }

  private void run(Save save) {
    operations.begin();
    try {
      flow.run(save);
    } finally {
      operations.end();
    }
    acknowledge(save.key(), save.runId(), save.attributes());
  }

  CompletionStage<String> saveLater(Fingerprint key, Payload payload, EntryAttributes attributes) {
    return later(
        flow.newSave(key, payload.copied(), attributes, durability(attributes)), Backlog.KEEP_ALL);
  }

  CompletionStage<String> overwriteLater(
      Fingerprint key, String runId, Payload payload, EntryAttributes attributes, Backlog backlog) {
    return later(
        flow.overwriting(key, runId, payload.copied(), attributes, durability(attributes)),
        backlog);
  }

  private CompletionStage<String> later(Save save, Backlog backlog) {
    SavedStage saved = operations.run(() -> engine.asyncSaves().submit(flow, save, backlog));
    Remote sendsTo = remote;
    if (sendsTo == null || save.attributes().acknowledgement() == Acknowledgement.LOCAL) {
      return saved;
    }
    // No thread waits: saves that come after are made meanwhile.
    return saved.then(
        runId -> sendsTo.acknowledgeLater(save.key().digest(), runId).thenApply(there -> runId),
        engine.asyncSaves()::call);
  }

  /**
   * Reserves a save.
   *
   * @param runId null for a fresh one
   */
  Reservation reserve(
      Fingerprint key, @Nullable String runId, long length, EntryAttributes attributes) {
    Durability durability = durability(attributes);
    return operations.run(
        () -> {
          ReservedSave save = new ReservedSave(flow, key, runId, length, attributes, durability);
          reservations.add(save);
          return new Reservation(save, () -> acknowledge(key, save.runId(), attributes));
        });
  }

  private Durability durability(EntryAttributes attributes) {
    return durability(attributes, options.durability());
  }

  /** What the remote is to have next goes into files at once: it sends nothing else. */
  private Durability durability(EntryAttributes attributes, Durability wanted) {
    if (attributes.acknowledgement() == Acknowledgement.LOCAL) {
      return wanted;
    }
    if (remote == null || options.remote().filter(RemoteOptions::readOnly).isPresent()) {
      throw new IllegalArgumentException(
          "acknowledgement: expected=LOCAL, for the store has no remote that is written to"
              + " actual=REMOTE root="
              + engine.root());
    }
    return Durability.IN_FILES;
  }

  private void acknowledge(Fingerprint key, String runId, EntryAttributes attributes) {
    if (remote != null && attributes.acknowledgement() == Acknowledgement.REMOTE) {
      remote.acknowledge(key.digest(), runId);
    }
  }

  boolean isAcknowledged(Fingerprint key, String runId) {
    return remote != null && remote.hasAcknowledged(key.digest(), runId);
  }

  /** If the remote has a save, has what else is due go there too. */
  void sendRest(Fingerprint key, String runId, Duration most) {
    if (remote != null && isAcknowledged(key, runId)) {
      remote.flush(Limits.saturatedNanos(most));
    }
  }

  /** Once those in the background have ended, those that are reserved are ended. */
  @Override
  public void close() {
    try (reservations) {
      engine.asyncSaves().await();
    }
  }
}
