package io.warmstart.jmh.benchmark;

import io.warmstart.jmh.child.SavingChild.Orders;
import io.warmstart.jmh.child.SavingProcess;
import io.warmstart.jmh.observation.Observations;
import io.warmstart.jmh.peer.PeerKind;
import io.warmstart.jmh.peer.Sizing;
import io.warmstart.jmh.workload.BenchmarkRoot;
import io.warmstart.jmh.workload.PairFiles;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
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
 * How many saves a second do several processes get out of one root, and what does each save wait?
 *
 * <pre>{@code
 * java -jar jmh/target/warmstart-jmh.jar ProcessesBenchmark -p processes=4
 * }</pre>
 *
 * <p>The answer is in the secondary results; JMH's score is the length of the run. RocksDB and
 * MVStore are missing because only one process may have them open. At a full budget every save must
 * evict another entry, which only this engine and the original do.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 0)
@Measurement(iterations = 1)
@Fork(
    value = 3,
    jvmArgsAppend = {"-Xms256m", "-Xmx256m"})
public class ProcessesBenchmark {
  private static final int ENTRIES_OF_OTHERS = 100_000;
  private static final int KEYS_OF_EACH = 16;
  private static final double[] PERCENTILES = {50, 99, 99.9, 100};

  /** How much room there is. */
  public enum Budget {
    /** Overwrites, with room for everything. */
    EMPTY,
    /** New entries, each of which must evict one. */
    FULL
  }

  /** A root and the processes on it. */
  @State(Scope.Thread)
  public static class Processes {
    @Param({"WARMSTART", "LMDB", "CHRONICLE_MAP", "PLAIN_FILES", "ORIGINAL"})
    public PeerKind peer;

    @Param({"2", "8"})
    public int processes;

    @Param({"4096"})
    public int payloadBytes;

    @Param({"EMPTY"})
    public Budget budget;

    /** Entries that are there before, at a full budget. */
    @Param({"1000"})
    public int entries;

    @Param({"3000"})
    public long millis;

    private BenchmarkRoot root;
    private final List<SavingProcess> children = new ArrayList<>();

    /** Fills the root and starts the processes. */
    @Setup(Level.Invocation)
    public void start() throws IOException {
      root = BenchmarkRoot.create();
      Sizing sizing = new Sizing(ENTRIES_OF_OTHERS, payloadBytes);
      if (budget == Budget.FULL) {
        PairFiles files = new PairFiles(root.path(), payloadBytes);
        // Behind all keys that the processes use.
        files.write((long) processes * KEYS_OF_EACH, entries, Instant.now());
        sizing = new Sizing(ENTRIES_OF_OTHERS, payloadBytes, entries * files.bytesOfOne());
      }
      for (int i = 0; i < processes; i++) {
        children.add(
            SavingProcess.start(
                new Orders(
                    peer,
                    root.path().toString(),
                    sizing,
                    (long) i * KEYS_OF_EACH,
                    KEYS_OF_EACH,
                    budget == Budget.EMPTY)));
      }
    }

    private Histogram run() throws IOException, InterruptedException {
      long begin = System.nanoTime();
      for (SavingProcess child : children) {
        child.go();
      }
      Thread.sleep(millis);
      Histogram all = new Histogram(3);
      double seconds = (System.nanoTime() - begin) / 1e9;
      long failed = 0;
      for (SavingProcess child : children) {
        SavingProcess.Saves saves = child.stop();
        all.add(saves.nanos());
        failed += saves.failed();
      }
      // A sweep of the original's removes what its siblings have staged.
      if (failed > 0 && peer != PeerKind.ORIGINAL) {
        throw new IllegalStateException("saves that failed: " + failed);
      }
      Observations.current().scalar("saves", all.getTotalCount() / seconds, "ops/s");
      Observations.current().scalar("saves failed", failed / seconds, "ops/s");
      for (double percentile : PERCENTILES) {
        Observations.current()
            .scalar(
                Observations.percentileLabel("save", percentile),
                (double) all.getValueAtPercentile(percentile) / 1e3,
                "us/op");
      }
      return all;
    }

    /** Removes everything. */
    @TearDown(Level.Invocation)
    public void stop() throws IOException {
      children.forEach(SavingProcess::close);
      children.clear();
      root.close();
    }
  }

  /** All processes at once. */
  @Benchmark
  public Histogram save(Processes processes) throws IOException, InterruptedException {
    return processes.run();
  }
}
