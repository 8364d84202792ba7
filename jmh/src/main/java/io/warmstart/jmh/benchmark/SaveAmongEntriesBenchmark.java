package io.warmstart.jmh.benchmark;

import io.warmstart.Entry;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.jmh.peer.Sizing;
import io.warmstart.jmh.workload.BenchmarkRoot;
import io.warmstart.jmh.workload.Key;
import io.warmstart.jmh.workload.PairFiles;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import java.io.IOException;
import java.time.Instant;
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
 * How much dearer does a durable save become as the root fills up, with room for it and at a full
 * budget, where each new entry must push out another?
 *
 * <pre>{@code
 * java -jar jmh/target/warmstart-jmh.jar SaveAmongEntriesBenchmark -p entries=1000,100000
 * }</pre>
 *
 * <p>This engine alone, under which the entries lie as files that another process has left. Look at
 * the median: the tail is the device's.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 3,
    jvmArgsAppend = {"-Xms1g", "-Xmx1g"})
public class SaveAmongEntriesBenchmark {

  /** A root with entries. */
  @State(Scope.Benchmark)
  public static class Filled {
    @Param({"1000", "10000", "100000"})
    public int entries;

    @Param({"4096"})
    public int payloadBytes;

    private BenchmarkRoot root;
    private byte[] payload;
    private WarmStartStore ample;
    private WarmStartStore tight;
    private final Fingerprint overwritten = Key.of(-1).fingerprint();
    private long nextKey;

    /** Writes the entries, and has the index know them all. */
    @Setup(Level.Trial)
    public void open() throws IOException {
      root = BenchmarkRoot.create();
      PairFiles files = new PairFiles(root.path(), payloadBytes);
      files.write(0, entries, Instant.now().minusSeconds(60));
      payload = files.payload();
      nextKey = entries;
      StoreOptions options = StoreOptions.defaults();
      ample =
          WarmStartStore.open(
              root.path(),
              options
                  .withSizeBudgetBytes(Sizing.NO_EVICTION)
                  .withPolicy(PolicyUse.THIS_STORE_ONLY));
      tight =
          WarmStartStore.open(
              root.path(),
              options
                  .withSizeBudgetBytes(entries * files.bytesOfOne())
                  .withPolicy(PolicyUse.THIS_STORE_ONLY));
      ample.evictOverflow();
      overwrite();
    }

    private String overwrite() {
      ample.saveOverwrite(overwritten, "run", payload, EntryAttributes.checkpoint());
      return "run";
    }

    private String saveAtFullBudget() {
      return tight.save(Key.of(nextKey++).fingerprint(), payload, EntryAttributes.checkpoint());
    }

    /**
     * Proves that a save is there, and that none pushed out more than it had to: the store's own
     * manifests are somewhat longer than those that were there first.
     */
    @TearDown(Level.Trial)
    public void close() throws IOException {
      overwrite();
      try (Entry entry = ample.lookup(overwritten).orElseThrow()) {
        if (entry.payloadLength() != payload.length) {
          throw new IllegalStateException(
              "payload bytes: expected=" + payload.length + " actual=" + entry.payloadLength());
        }
        long actual = root.manifests();
        if (actual > entries + 1 || actual < entries - 1 - entries / 10) {
          throw new IllegalStateException(
              "entries: expected=" + entries + ", or a tenth less, actual=" + actual);
        }
      } finally {
        tight.close();
        ample.close();
        root.close();
      }
    }
  }

  /** A checkpoint over the one before, with room for all. */
  @Benchmark
  public String overwrite(Filled filled) {
    return filled.overwrite();
  }

  /** A new entry, which evicts the one that was used last the longest time ago. */
  @Benchmark
  public String saveAtFullBudget(Filled filled) {
    return filled.saveAtFullBudget();
  }
}
