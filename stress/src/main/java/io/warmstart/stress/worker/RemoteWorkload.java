package io.warmstart.stress.worker;

import io.warmstart.Entry;
import io.warmstart.WarmStartStore;
import io.warmstart.model.Acknowledgement;
import io.warmstart.model.Backlog;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Payload;
import io.warmstart.model.RemoteState;
import io.warmstart.stress.history.Version;
import java.time.Duration;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** What a saver and a reader of {@link RemoteWorkCommand} do. For one thread. */
final class RemoteWorkload {
  /** A listing may miss what is replaced while it is made, and the next one does not. */
  private static final int MOST_LOOKS = 4;

  private final WarmStartStore store;
  private final ClaimBoard board;
  private final int savers;
  private final int slot;
  private final SplittableRandom random;
  private final BooleanSupplier stopped;
  private final Consumer<String> say;

  RemoteWorkload(
      WarmStartStore store,
      ClaimBoard board,
      int savers,
      int slot,
      SplittableRandom random,
      BooleanSupplier stopped,
      Consumer<String> say) {
    this.store = store;
    this.board = board;
    this.savers = savers;
    this.slot = slot;
    this.random = random;
    this.stopped = stopped;
    this.say = say;
  }

  /**
   * Saves until it is told to stop.
   *
   * @param worker whose versions they are
   * @param wait for how long a flush waits
   */
  void save(int worker, Duration wait) {
    long[] last = new long[RemoteWorkCommand.KEYS];
    for (long count = 1; !stopped.getAsBoolean(); count++) {
      int own = random.nextInt(RemoteWorkCommand.KEYS);
      int key = slot * RemoteWorkCommand.KEYS + own;
      long version = Version.of(worker, count);
      try {
        int dice = random.nextInt(10);
        boolean asks = dice < 4;
        save(key, version, asks, dice % 2 == 0);
        last[own] = version;
        raise(RemoteWorkCommand.saved(savers, key), version);
        say.accept(RemoteWorkCommand.COUNT + "saves");
        if (asks) {
          boolean there =
              store.acknowledgement(Names.key(key), Names.sharedRun(slot))
                  == Acknowledgement.REMOTE;
          if (there) {
            raise(RemoteWorkCommand.sent(key), version);
          }
          say.accept(
              RemoteWorkCommand.COUNT
                  + (there ? "saves acknowledged by the remote" : "saves acknowledged here only"));
        } else if (dice == 9 && store.flushRemote(wait)) {
          for (int each = 0; each < RemoteWorkCommand.KEYS; each++) {
            raise(RemoteWorkCommand.sent(slot * RemoteWorkCommand.KEYS + each), last[each]);
          }
          say.accept(RemoteWorkCommand.COUNT + "flushes acknowledged by the remote");
        }
      } catch (RuntimeException | Error e) {
        say.accept(RemoteWorkCommand.COMPLAINT + "a save has failed: " + Workload.describe(e));
      }
    }
  }

  private void save(int key, long version, boolean asks, boolean later) {
    EntryAttributes attributes =
        EntryAttributes.checkpoint()
            .withObjective(Version.objective(version))
            .withIteration(version)
            .withAcknowledgement(asks ? Acknowledgement.REMOTE : Acknowledgement.LOCAL);
    Fingerprint fit = Names.key(key);
    String run = Names.sharedRun(slot);
    byte[] bytes = Version.payload(version, slot, key, RemoteWorkCommand.MOST_PAYLOAD_BYTES);
    if (later) {
      store
          .saveOverwriteAsync(fit, run, Payload.of(bytes), attributes, Backlog.KEEP_ALL)
          .toCompletableFuture()
          .join();
    } else {
      store.saveOverwrite(fit, run, bytes, attributes);
    }
  }

  /** One process at a time writes a word: the successor of one that was killed. */
  private void raise(int word, long version) {
    long before = board.at(word);
    if (version > before) {
      board.replace(word, before, version);
    }
  }

  /** Looks up until it is told to stop. */
  void read() {
    long[] seen = new long[savers * RemoteWorkCommand.KEYS];
    while (!stopped.getAsBoolean()) {
      int key = random.nextInt(savers * RemoteWorkCommand.KEYS);
      try {
        look(key, seen);
        say.accept(RemoteWorkCommand.COUNT + "lookups");
      } catch (RuntimeException | Error e) {
        say.accept(RemoteWorkCommand.COMPLAINT + "a lookup has failed: " + Workload.describe(e));
      }
    }
    store
        .remote()
        .filter(state -> state.refused() > 0)
        .ifPresent(
            state -> say.accept(RemoteWorkCommand.COMPLAINT + "objects that do not fit: " + state));
  }

  private void look(int key, long[] seen) {
    boolean own = key / RemoteWorkCommand.KEYS % 2 == slot % 2;
    long least = board.at(own ? RemoteWorkCommand.saved(savers, key) : RemoteWorkCommand.sent(key));
    long found = 0;
    for (int look = 0; look < MOST_LOOKS; look++) {
      RemoteState before = store.remote().orElseThrow();
      boolean asked = !own && (random.nextBoolean() || look > 0);
      if (asked) {
        store.refresh(Names.key(key));
      }
      found = found(key);
      if (found < seen[key]) {
        say.accept(
            RemoteWorkCommand.COMPLAINT
                + "key "
                + key
                + ": "
                + Version.text(found)
                + " after "
                + Version.text(seen[key]));
      }
      seen[key] = Math.max(found, seen[key]);
      RemoteState after = store.remote().orElseThrow();
      boolean reached = before.reachable() && before.failures() == after.failures();
      if (found >= least || (!own && !(asked && reached))) {
        return;
      }
    }
    say.accept(
        RemoteWorkCommand.COMPLAINT
            + (own ? "lost here: key " : "lost there: key ")
            + key
            + ": expected>="
            + Version.text(least)
            + " actual="
            + Version.text(found));
  }

  private long found(int key) {
    Optional<Entry> entry = store.lookupLatest(Names.key(key));
    if (entry.isEmpty()) {
      return 0;
    }
    try (Entry found = entry.get()) {
      String complaint = RemoteWorkCommand.complaint(found, key);
      if (!complaint.isEmpty()) {
        say.accept(RemoteWorkCommand.COMPLAINT + "key " + key + ": " + complaint);
      }
      return found.iteration().orElse(0);
    }
  }
}
