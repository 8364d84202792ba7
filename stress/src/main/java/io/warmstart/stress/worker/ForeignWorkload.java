package io.warmstart.stress.worker;

import io.warmstart.StoreOptions;
import io.warmstart.model.EntryKind;
import io.warmstart.stress.history.HistoryWriter;
import io.warmstart.stress.history.Kind;
import io.warmstart.stress.history.Version;
import io.warmstart.stress.original.OriginalEntry;
import io.warmstart.stress.original.OriginalStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;

/**
 * A plan carried out by the port of the original. Its failures are its own doing and no problem of
 * ours: its history records them as failed, and what it destroys is kept in a list.
 */
final class ForeignWorkload {
  private final WorkerPlan plan;
  private final HistoryWriter history;
  private final SplittableRandom random;
  private final OriginalStore store;
  private final List<String> destroyed = new ArrayList<>();
  private long written;

  ForeignWorkload(WorkerPlan plan, HistoryWriter history) throws IOException {
    this.plan = plan;
    this.history = history;
    this.random = new SplittableRandom(plan.seed());
    this.store =
        OriginalStore.open(
            OriginalStore.Version.NEWER,
            Path.of(plan.root()),
            plan.budgetBytes(),
            StoreOptions.DEFAULT_TTL,
            this::note);
  }

  /** What it has removed: key directory, run id, when, and why, each on one line. */
  List<String> destroyed() {
    return destroyed;
  }

  /** Works. */
  long run(BooleanSupplier goOn) throws IOException {
    long operations = 0;
    while (goOn.getAsBoolean()) {
      step();
      operations++;
    }
    return operations;
  }

  private void step() throws IOException {
    Mix mix = plan.mix();
    int dice = random.nextInt(1000);
    int key = random.nextInt(plan.keys());
    boolean saves = dice < mix.saves();
    if (saves || dice < mix.saves() + mix.overwrites()) {
      save(key, saves ? -1 : random.nextInt(plan.runs()));
    } else if (dice < mix.saves() + mix.overwrites() + mix.sweeps()) {
      store.evictOverflow();
    } else {
      lookup(key);
    }
  }

  private void save(int key, int run) throws IOException {
    long version = Version.of(plan.worker(), ++written);
    byte[] payload = Version.payload(version, run, key, plan.mostPayloadBytes());
    String runId = run < 0 ? "f" + plan.worker() + "-" + written : Names.sharedRun(run);
    history.begin(run < 0 ? Kind.SAVE : Kind.OVERWRITE, key, run, version);
    try {
      store.saveOverwrite(
          Names.key(key),
          runId,
          payload,
          OptionalDouble.of(Version.objective(version)),
          OptionalLong.of(version),
          EntryKind.CHECKPOINT);
      history.done(version, 0);
    } catch (IOException e) {
      history.failed();
    }
  }

  private void lookup(int key) throws IOException {
    history.begin(Kind.LATEST, key, -1, 0);
    try {
      Optional<OriginalEntry> found = store.lookupLatest(Names.key(key));
      history.done(found.map(entry -> version(entry.payload())).orElse(0L), 0);
    } catch (IOException e) {
      history.failed();
    }
  }

  private static long version(byte[] payload) {
    return payload.length < Long.BYTES
        ? 0
        : ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
  }

  private void note(Path manifest, String reason) {
    Path relative = Path.of(plan.root()).relativize(manifest);
    String name = relative.getFileName().toString();
    destroyed.add(
        "%s %s %d %s"
            .formatted(
                relative.getName(0),
                name.substring(0, name.length() - ".json".length()),
                System.nanoTime(),
                reason));
  }
}
