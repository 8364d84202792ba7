package io.warmstart.jmh.benchmark;

import io.warmstart.Entry;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.jmh.peer.Sizing;
import io.warmstart.jmh.workload.BenchmarkRoot;
import io.warmstart.jmh.workload.Key;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does the first lookup after a save cost, as ever more runs lie under its key?
 *
 * <pre>{@code
 * java -jar jmh/target/warmstart-jmh.jar LookupAfterSaveBenchmark -p runs=1,10000
 * }</pre>
 *
 * <p>This engine alone. Each save adds a run, which is the best so far.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 3,
    jvmArgsAppend = {"-Xms1g", "-Xmx1g"})
public class LookupAfterSaveBenchmark {

  /** A key with runs. */
  @State(Scope.Benchmark)
  public static class Runs {
    @Param({"1", "100", "1000", "10000"})
    public int runs;

    @Param({"IN_FILES", "POWER_SAFE"})
    public Durability durability;

    private final Fingerprint key = Key.of(1).fingerprint();
    private final byte[] payload = new byte[4096];
    private BenchmarkRoot root;
    private WarmStartStore store;
    private double objective;

    /** Saves the runs. */
    @Setup(Level.Trial)
    public void open() throws IOException {
      root = BenchmarkRoot.create();
      store =
          WarmStartStore.open(
              root.path(),
              StoreOptions.defaults()
                  .withDurability(durability)
                  .withSizeBudgetBytes(Sizing.NO_EVICTION)
                  .withPolicy(PolicyUse.THIS_STORE_ONLY));
      for (int run = 0; run < runs; run++) {
        save();
      }
      store.flush();
    }

    /** Saves one more. */
    @Setup(Level.Invocation)
    public void save() {
      store.save(key, payload, EntryAttributes.checkpoint().withObjective(--objective));
    }

    private double best() {
      try (Entry entry = store.lookup(key).orElseThrow()) {
        return entry.objective().orElseThrow();
      }
    }

    /** Proves that what was saved last is found. */
    @TearDown(Level.Invocation)
    public void check() {
      if (best() != objective) {
        throw new IllegalStateException("objective: expected=" + objective + " actual=" + best());
      }
    }

    @TearDown(Level.Trial)
    public void close() throws IOException {
      store.close();
      root.close();
    }
  }

  /** The best entry of the key. */
  @Benchmark
  public double lookup(Runs runs) {
    return runs.best();
  }
}
