package io.warmstart.stress.worker;

import io.warmstart.Entry;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Explanation;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.Ranking;
import io.warmstart.stress.history.Version;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Operations on one of several machines, which save under run ids of their own and look up each
 * other's. What one has saved another sees a little later: no order of all operations explains
 * that, so each process judges what it sees by itself:
 *
 * <ul>
 *   <li>what it has saved it reads back, by the files, at once;
 *   <li>of another's run it never sees a version that is older than one it has seen before;
 *   <li>a key that had an entry is never missed;
 *   <li>payload and manifest are of one version, byte for byte;
 *   <li>no operation fails.
 * </ul>
 *
 * <p>Its store is closed and opened now and then, which has it write down what it has noted.
 */
final class MachineWorkload implements AutoCloseable {
  private static final int REOPENED_EACH = 40;
  private static final int VIEWS = 3;
  private static final int LATEST = 0;
  private static final int LOWEST = 1;
  private static final int FILES = 2;

  private final WorkerPlan plan;
  private final StoreOptions options;
  private final WarmStartStore files;
  private final Consumer<String> complaints;
  private final SplittableRandom random;
  private final List<Fingerprint> keys = new ArrayList<>();
  private final Entry reused = new Entry();

  /**
   * The newest version seen, by view, key and run; of its own run, the last that was acknowledged.
   * Each ranking, and each look at the files, is a view of its own: what an index has checked a
   * moment ago for one may be older than what another has just read.
   */
  private final long[][][] seen;

  private WarmStartStore store;
  private long written;
  private long saves;
  private long readBack;
  private long lookups;
  private long openings;

  MachineWorkload(WorkerPlan plan, Consumer<String> complaints) {
    this.plan = plan;
    this.complaints = complaints;
    this.random = new SplittableRandom(plan.seed());
    this.seen = new long[VIEWS][plan.keys()][plan.runs()];
    StoreOptions unlimited =
        StoreOptions.defaults()
            .withSizeBudgetBytes(plan.budgetBytes())
            .withPolicy(PolicyUse.THIS_STORE_ONLY)
            .withTtl(Duration.ZERO);
    this.options = unlimited.withLocalDirectory(Path.of(plan.localDirectory()));
    for (int key = 0; key < plan.keys(); key++) {
      keys.add(Names.key(key));
    }
    this.store = WarmStartStore.open(Path.of(plan.root()), options);
    this.files = WarmStartStore.open(Path.of(plan.root()), unlimited.withReadOnly(true));
  }

  long run(BooleanSupplier goOn) {
    long operations = 0;
    while (goOn.getAsBoolean()) {
      int key = random.nextInt(plan.keys());
      try {
        step(key);
      } catch (RuntimeException | Error e) {
        complaints.accept("FAILED key %d: %s".formatted(key, Workload.describe(e)));
      }
      operations++;
      if (operations % REOPENED_EACH == 0) {
        reopen();
      }
    }
    reused.close();
    return operations;
  }

  private void step(int key) {
    Mix mix = plan.mix();
    int dice = random.nextInt(1000);
    if (dice < mix.sweeps()) {
      store.evictOverflow();
    } else if (dice < mix.sweeps() + mix.overwrites()) {
      overwrite(key);
    } else if (dice < mix.sweeps() + mix.overwrites() + mix.latest()) {
      lookup(LATEST, key, Ranking.LATEST);
    } else {
      lookup(LOWEST, key, Ranking.LOWEST_OBJECTIVE);
    }
  }

  private void reopen() {
    try {
      store.close();
      store = WarmStartStore.open(Path.of(plan.root()), options);
      openings++;
    } catch (RuntimeException | Error e) {
      complaints.accept("FAILED to open again: " + Workload.describe(e));
    }
  }

  private void overwrite(int key) {
    int run = plan.worker();
    long version = Version.of(run, ++written);
    store.saveOverwrite(
        keys.get(key),
        Names.sharedRun(run),
        Version.payload(version, run, key, plan.mostPayloadBytes()),
        EntryAttributes.checkpoint()
            .withObjective(Version.objective(version))
            .withIteration(version));
    saves++;
    for (long[][] view : seen) {
      view[key][run] = version;
    }
    readBack(key, version);
  }

  /** By a store without an index, which hashes each payload. */
  private void readBack(int key, long version) {
    readBack++;
    String found = "no such entry";
    for (Explanation.Verdict each : files.explain(keys.get(key), Ranking.LATEST).candidates()) {
      int run = Names.sharedRun(each.runId());
      if (run == plan.worker()) {
        boolean right = each.usable() && each.iteration().orElse(0) == version;
        found = right ? "" : Version.text(each.iteration().orElse(0)) + ", " + each.reason();
      } else if (each.usable()) {
        see(FILES, key, run, each.iteration().orElse(0));
      }
    }
    if (!found.isEmpty()) {
      complaints.accept(
          "LOST key %d: saved %s, found %s".formatted(key, Version.text(version), found));
    }
  }

  private void lookup(int view, int key, Ranking ranking) {
    lookups++;
    if (!store.lookup(keys.get(key), ranking, reused)) {
      for (long version : seen[view][key]) {
        if (version != 0) {
          complaints.accept(
              "MISSED key %d by %s, which had %s".formatted(key, ranking, Version.text(version)));
          return;
        }
      }
      return;
    }
    int run = Names.sharedRun(reused.runId());
    String complaint = Version.complaint(reused.payload(), run, key, plan.mostPayloadBytes());
    long version = reused.iteration().orElse(0);
    if (complaint.isEmpty() && reused.objective().orElse(-1) != Version.objective(version)) {
      complaint = "objective of another version";
    }
    if (!complaint.isEmpty() || reused.payload().getLong(0) != version) {
      complaints.accept(
          "WRONG BYTES key %d run %d version %s: %s"
              .formatted(key, run, Version.text(version), complaint));
    }
    see(view, key, run, version);
  }

  private void see(int view, int key, int run, long version) {
    long before = seen[view][key][run];
    if (version < before) {
      complaints.accept(
          "OLDER key %d by view %d: seen %s, then %s"
              .formatted(key, view, Version.text(before), Version.text(version)));
    }
    seen[view][key][run] = Math.max(before, version);
  }

  /** What it has done, and what must be found of it, on lines for its crew. */
  List<String> account() {
    List<String> lines = new ArrayList<>();
    lines.add(MachineAccount.COUNTED + "saves=" + saves);
    lines.add(MachineAccount.COUNTED + "own saves read back by the files=" + readBack);
    lines.add(MachineAccount.COUNTED + "lookups=" + lookups);
    lines.add(MachineAccount.COUNTED + "stores opened again=" + openings);
    for (int key = 0; key < plan.keys(); key++) {
      long last = seen[FILES][key][plan.worker()];
      if (last != 0) {
        lines.add(MachineAccount.ACKNOWLEDGED + key + " " + plan.worker() + " " + last);
      }
    }
    return lines;
  }

  @Override
  public void close() {
    files.close();
    store.close();
  }
}
