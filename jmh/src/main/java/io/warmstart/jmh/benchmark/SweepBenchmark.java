package io.warmstart.jmh.benchmark;

import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.jmh.peer.Sizing;
import io.warmstart.jmh.workload.BenchmarkRoot;
import io.warmstart.jmh.workload.Key;
import io.warmstart.jmh.workload.PairFiles;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.PolicyUse;
import io.warmstart.stress.original.OriginalStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.SystemEpochNanoClock;
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
 * How long does it take to bring a root back within its budget, or to drop what has expired, and
 * how does that grow with the entries?
 *
 * <pre>{@code
 * java -jar jmh/target/warmstart-jmh.jar SweepBenchmark -p entries=10000
 * }</pre>
 *
 * <p>Before each sweep, {@value #SURPLUS} more entries are put into a root that is just full, by a
 * store on the same root whose budget is larger, or for the original as files, which it does not
 * tell apart; the sweep must remove as many. At the end it is verified that all are gone.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5)
@Measurement(iterations = 10)
@Fork(
    value = 3,
    jvmArgsAppend = {"-Xms1g", "-Xmx1g"})
public class SweepBenchmark {
  private static final int SURPLUS = 32;
  private static final int PAYLOAD_BYTES = 256;

  /** Which store sweeps. */
  public enum Sweeper {
    WARMSTART,
    ORIGINAL
  }

  /** A store that sweeps a root. */
  private interface Sweeps {
    /** Adds entries, as if they had been saved at that time. */
    void add(long firstKey, int count, Instant written) throws IOException;

    void sweep() throws IOException;

    void close();
  }

  private static final class WarmStartSweeps implements Sweeps {
    private final PairFiles sizes;
    private final AtomicLong clockOffsetNanos = new AtomicLong();
    private final WarmStartStore tight;
    private final WarmStartStore ample;

    WarmStartSweeps(Path root, long budget, PairFiles sizes) {
      this.sizes = sizes;
      StoreOptions options =
          StoreOptions.defaults()
              .withClock(() -> SystemEpochNanoClock.INSTANCE.nanoTime() + clockOffsetNanos.get());
      tight =
          WarmStartStore.open(
              root, options.withSizeBudgetBytes(budget).withPolicy(PolicyUse.THIS_STORE_ONLY));
      ample =
          WarmStartStore.open(
              root,
              options
                  .withSizeBudgetBytes(Sizing.NO_EVICTION)
                  .withPolicy(PolicyUse.THIS_STORE_ONLY));
    }

    @Override
    public void add(long firstKey, int count, Instant written) {
      clockOffsetNanos.set(-Duration.between(written, Instant.now()).toNanos());
      for (long i = firstKey; i < firstKey + count; i++) {
        ample.save(Key.of(i).fingerprint(), sizes.payload(), EntryAttributes.checkpoint());
      }
      clockOffsetNanos.set(0);
    }

    @Override
    public void sweep() {
      tight.evictOverflow();
    }

    @Override
    public void close() {
      ample.close();
      tight.close();
    }
  }

  private static final class OriginalSweeps implements Sweeps {
    private final PairFiles files;
    private final OriginalStore store;

    OriginalSweeps(Path root, long budget, PairFiles files) throws IOException {
      this.files = files;
      this.store = OriginalStore.open(root, budget, StoreOptions.DEFAULT_TTL);
    }

    @Override
    public void add(long firstKey, int count, Instant written) throws IOException {
      files.write(firstKey, count, written);
    }

    @Override
    public void sweep() {
      store.evictOverflow();
    }

    @Override
    public void close() {
      // It holds nothing but memory.
    }
  }

  /** A root, just full. */
  @State(Scope.Benchmark)
  public static class Full {
    @Param({"1000", "10000", "100000"})
    public int entries;

    @Param public Sweeper sweeper;

    private BenchmarkRoot root;
    private PairFiles files;
    private Sweeps sweeps;
    private long nextKey;

    /** Writes the entries and opens the store. */
    @Setup(Level.Trial)
    public void open() throws IOException {
      root = BenchmarkRoot.create();
      files = new PairFiles(root.path(), PAYLOAD_BYTES);
      files.write(0, entries, Instant.now().minusSeconds(1));
      nextKey = entries;
      // Half an entry more than the entries take, for the engine's own small files.
      long budget = entries * files.bytesOfOne() + files.bytesOfOne() / 2;
      sweeps =
          sweeper == Sweeper.WARMSTART
              ? new WarmStartSweeps(root.path(), budget, files)
              : new OriginalSweeps(root.path(), budget, files);
      sweeps.sweep();
    }

    private void add(Instant written) throws IOException {
      sweeps.add(nextKey, SURPLUS, written);
      nextKey += SURPLUS;
    }

    private void requireSwept() throws IOException {
      long actual = root.manifests();
      if (actual > entries) {
        throw new IllegalStateException(
            "entries after the sweep: expected<=" + entries + " actual=" + actual);
      }
    }

    /** Removes the root. */
    @TearDown(Level.Trial)
    public void close() throws IOException {
      try {
        requireSwept();
      } finally {
        sweeps.close();
        root.close();
      }
    }
  }

  /** Entries over the budget. */
  @State(Scope.Thread)
  public static class Surplus {
    /** Adds them. */
    @Setup(Level.Invocation)
    public void add(Full full) throws IOException {
      full.add(Instant.now());
    }
  }

  /** Entries that have expired. */
  @State(Scope.Thread)
  public static class Expired {
    private static final Duration AGE = StoreOptions.DEFAULT_TTL.plusDays(1);

    /** Adds them. */
    @Setup(Level.Invocation)
    public void add(Full full) throws IOException {
      full.add(Instant.now().minus(AGE));
    }
  }

  /** A sweep that evicts what is over the budget. */
  @Benchmark
  public Object sweep(Full full, Surplus surplus) throws IOException {
    full.sweeps.sweep();
    return surplus;
  }

  /** A sweep that drops what has expired. */
  @Benchmark
  public Object expire(Full full, Expired expired) throws IOException {
    full.sweeps.sweep();
    return expired;
  }
}
