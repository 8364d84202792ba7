package io.warmstart.jmh;

import io.warmstart.Fingerprint;
import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.agrona.collections.LongArrayList;
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
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.runner.IterationType;

/**
 * Is an overwrite no slower than the original's, on a machine whose device is busy with other
 * things?
 *
 * <pre>{@code
 * java -jar jmh/target/warmstart-jmh.jar SaveInTurnsBenchmark
 * }</pre>
 *
 * <p>{@link SaveBenchmark} runs one store for seconds and then the other, and what the device does
 * meanwhile can be ten times what is measured. Here each invocation lets both overwrite, in random
 * order, so that whatever slows one slows the other. JMH's score is of the two together. The answer
 * is the line that each fork prints: the median of each store, and the median over all invocations
 * of the ratio of the two, below 1 if this engine is the faster.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 3,
    jvmArgsAppend = {"-Xms1g", "-Xmx1g"})
public class SaveInTurnsBenchmark {

  /** Both stores, each with one run that overwrites its entry. */
  @State(Scope.Thread)
  public static class BothStores {
    @Param({"256", "4096", "65536", "1048576"})
    public int payloadBytes;

    private final SplittableRandom order = new SplittableRandom(1);
    private final LongArrayList warmstartNanos = new LongArrayList();
    private final LongArrayList originalNanos = new LongArrayList();
    private BenchmarkRoot warmstartRoot;
    private BenchmarkRoot originalRoot;
    private Contender warmstart;
    private Contender original;
    private Payload payload;
    private Fingerprint key;
    private boolean measuring;

    /** Opens both. */
    @Setup(Level.Trial)
    public void open() throws IOException {
      warmstartRoot = BenchmarkRoot.create();
      originalRoot = BenchmarkRoot.create();
      warmstart = StoreKind.WARMSTART.open(warmstartRoot.path());
      original = StoreKind.ORIGINAL.open(originalRoot.path());
      payload = new Payload(payloadBytes);
      key = Payload.key(0);
    }

    /** Leaves the warm-up out of the printed line. */
    @Setup(Level.Iteration)
    public void start(IterationParams iteration) {
      measuring = iteration.getType() == IterationType.MEASUREMENT;
    }

    private void saveBoth() throws IOException {
      payload.next();
      if (order.nextInt(2) == 0) {
        long first = save(warmstart);
        note(first, save(original));
      } else {
        long first = save(original);
        note(save(warmstart), first);
      }
    }

    private long save(Contender store) throws IOException {
      long start = System.nanoTime();
      store.saveOverwrite(key, "run", payload.bytes(), payload.objective(), payload.number());
      return System.nanoTime() - start;
    }

    private void note(long warmstartTook, long originalTook) {
      if (measuring) {
        warmstartNanos.addLong(warmstartTook);
        originalNanos.addLong(originalTook);
      }
    }

    /** Proves that both hold the last version, and prints the comparison. */
    @TearDown(Level.Trial)
    public void close() throws IOException {
      try {
        payload.requireLatest(warmstart.latest(key));
        payload.requireLatest(original.latest(key));
        // On a line of its own: JMH is in the middle of one, whose end will be the iteration's
        // score.
        System.out.println(System.lineSeparator() + comparison());
      } finally {
        warmstart.close();
        original.close();
        warmstartRoot.close();
        originalRoot.close();
      }
    }

    private String comparison() {
      int pairs = warmstartNanos.size();
      double[] ratios = new double[pairs];
      for (int i = 0; i < pairs; i++) {
        ratios[i] = (double) warmstartNanos.getLong(i) / originalNanos.getLong(i);
      }
      Arrays.sort(ratios);
      return String.format(
          Locale.ROOT,
          "# overwrite of %d bytes in turns: pairs=%d warmstart p50=%.0f us original p50=%.0f us"
              + " warmstart/original p50=%.3f",
          payloadBytes,
          pairs,
          medianMicros(warmstartNanos),
          medianMicros(originalNanos),
          ratios[pairs / 2]);
    }

    private static double medianMicros(LongArrayList nanos) {
      long[] sorted = nanos.toLongArray();
      Arrays.sort(sorted);
      return sorted[sorted.length / 2] / 1e3;
    }
  }

  /** An overwrite by each store. */
  @Benchmark
  public long overwrite(BothStores stores) throws IOException {
    stores.saveBoth();
    return stores.payload.number();
  }
}
