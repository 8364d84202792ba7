package io.warmstart.stress.worker;

import io.warmstart.Entry;
import io.warmstart.WarmStartStore;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.stress.history.HistoryWriter;
import io.warmstart.stress.history.Kind;
import io.warmstart.stress.history.Version;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Operations in a row, each in the history before it is called. What throws and what comes back
 * wrong is told at once, in words.
 */
final class Workload {
  private final WorkerPlan plan;
  private final WarmStartStore store;
  private final HistoryWriter history;
  private final Consumer<String> complaints;
  private final SplittableRandom random;
  private final List<Fingerprint> keys = new ArrayList<>();
  private final Entry reused = new Entry();

  /** What was last expected under each key: readers mostly meet again what they have just met. */
  private final Expected[] expected;

  private long written;

  Workload(
      WorkerPlan plan, WarmStartStore store, HistoryWriter history, Consumer<String> complaints) {
    this.plan = plan;
    this.store = store;
    this.history = history;
    this.complaints = complaints;
    this.random = new SplittableRandom(plan.seed());
    this.expected = new Expected[plan.keys()];
    for (int key = 0; key < plan.keys(); key++) {
      expected[key] = new Expected();
      keys.add(Names.key(key));
    }
  }

  long run(BooleanSupplier goOn) throws IOException {
    long operations = 0;
    while (goOn.getAsBoolean()
        && (plan.mostOperations() == 0 || operations < plan.mostOperations())) {
      step();
      operations++;
    }
    reused.close();
    return operations;
  }

  private void step() throws IOException {
    Mix mix = plan.mix();
    int dice = random.nextInt(1000);
    int key = random.nextInt(plan.keys());
    if (dice < mix.sweeps()) {
      sweep();
    } else if (dice < mix.sweeps() + mix.saves()) {
      save(key);
    } else if (dice < mix.sweeps() + mix.saves() + mix.overwrites()) {
      overwrite(key, random.nextInt(plan.runs()));
    } else if (dice < mix.sweeps() + mix.saves() + mix.overwrites() + mix.latest()) {
      lookup(key, Kind.LATEST, Ranking.LATEST);
    } else {
      lookup(key, Kind.LOWEST, Ranking.LOWEST_OBJECTIVE);
    }
  }

  private void save(int key) throws IOException {
    long version = Version.of(plan.worker(), ++written);
    byte[] payload = Version.payload(version, -1, key, plan.mostPayloadBytes());
    history.begin(Kind.SAVE, key, -1, version);
    try {
      store.save(keys.get(key), payload, attributes(version));
      history.done(version, 0);
    } catch (RuntimeException | Error e) {
      failed(Kind.SAVE, key, e);
    }
    rest();
  }

  private void overwrite(int key, int run) throws IOException {
    long version = Version.of(plan.worker(), ++written);
    byte[] payload = Version.payload(version, run, key, plan.mostPayloadBytes());
    history.begin(Kind.OVERWRITE, key, run, version);
    try {
      store.saveOverwrite(keys.get(key), Names.sharedRun(run), payload, attributes(version));
      history.done(version, 0);
    } catch (RuntimeException | Error e) {
      failed(Kind.OVERWRITE, key, e);
    }
    rest();
  }

  private void rest() {
    if (plan.mostPauseMicros() > 0) {
      long micros = random.nextInt(plan.mostPauseMicros());
      LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(micros));
    }
  }

  private void lookup(int key, Kind kind, Ranking ranking) throws IOException {
    history.begin(kind, key, -1, 0);
    boolean hit;
    try {
      hit = store.lookup(keys.get(key), ranking, reused);
    } catch (RuntimeException | Error e) {
      failed(kind, key, e);
      return;
    }
    history.done(hit ? reused.iteration().orElse(-1) : 0, 0);
    if (hit) {
      examine(key, kind);
    }
  }

  private void sweep() throws IOException {
    history.begin(Kind.SWEEP, -1, -1, 0);
    try {
      history.done(0, store.evictOverflow().evicted());
    } catch (RuntimeException | Error e) {
      failed(Kind.SWEEP, -1, e);
    }
  }

  /** Payload, manifest and run id must tell of one version. */
  private void examine(int key, Kind kind) {
    long version = reused.iteration().orElse(-1);
    int run = Names.sharedRun(reused.runId());
    String complaint =
        Version.difference(
            reused.payload(),
            expected[key].of(version, run, key, plan.mostPayloadBytes()),
            version);
    if (complaint.isEmpty() && reused.payload().getLong(0, ByteOrder.LITTLE_ENDIAN) != version) {
      complaint = "payload of another version than its manifest";
    }
    if (complaint.isEmpty()
        && reused.objective().orElse(Double.NaN) != Version.objective(version)) {
      complaint = "objective of another version";
    }
    if (!complaint.isEmpty()) {
      complaints.accept(
          "WRONG BYTES %s key %d run %s version %s: %s"
              .formatted(kind, key, reused.runId(), Version.text(version), complaint));
    }
  }

  /** The bytes of one version. */
  private static final class Expected {
    private final UnsafeBuffer bytes = new UnsafeBuffer(0, 0);
    private long version = -1;
    private int run;

    UnsafeBuffer of(long wanted, int wantedRun, int key, int mostBytes) {
      if (version != wanted || run != wantedRun) {
        bytes.wrap(Version.payload(wanted, wantedRun, key, mostBytes));
        version = wanted;
        run = wantedRun;
      }
      return bytes;
    }
  }

  private void failed(Kind kind, int key, Throwable failure) {
    history.failed();
    complaints.accept("FAILED %s key %d: %s".formatted(kind, key, describe(failure)));
  }

  static String describe(Throwable failure) {
    StringBuilder text = new StringBuilder();
    for (Throwable each = failure; each != null; each = each.getCause()) {
      text.append(each == failure ? "" : " / caused by ").append(each);
      for (Throwable suppressed : each.getSuppressed()) {
        text.append(" / besides ").append(suppressed);
      }
    }
    return text.toString().replaceAll("\\s+", " ");
  }

  private static EntryAttributes attributes(long version) {
    return EntryAttributes.checkpoint()
        .withObjective(Version.objective(version))
        .withIteration(version);
  }
}
