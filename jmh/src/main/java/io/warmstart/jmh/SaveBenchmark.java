package io.warmstart.jmh;

import io.warmstart.Fingerprint;
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
 * How long does a save that survives a power cut keep its caller, and is it no slower than the
 * original's?
 *
 * <pre>{@code
 * java -jar jmh/target/warmstart-jmh.jar SaveBenchmark
 * }</pre>
 *
 * <p>One thread, keys whose directories exist. The stores of one size run next to each other, so
 * that a slow hour of the device hits both. Look at the median: the tail is the device's.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 3,
    jvmArgsAppend = {"-Xms1g", "-Xmx1g"})
public class SaveBenchmark {

  /** A checkpoint loop: one run that overwrites its entry. */
  @State(Scope.Thread)
  public static class OneRun {
    @Param({"256", "4096", "65536", "1048576"})
    public int payloadBytes;

    @Param public StoreKind store;

    private BenchmarkRoot root;
    private Contender contender;
    private Payload payload;
    private Fingerprint key;
    private String runId;

    /** Opens a store with one entry, and reads that back. */
    @Setup(Level.Trial)
    public void open() throws IOException {
      root = BenchmarkRoot.create();
      contender = store.open(root.path());
      payload = new Payload(payloadBytes);
      key = Payload.key(0);
      runId = contender.save(key, payload.next(), payload.objective(), payload.number());
      payload.requireLatest(contender.latest(key));
    }

    /** Proves that the last version is there, and nothing beside it. */
    @TearDown(Level.Trial)
    public void close() throws IOException {
      try {
        payload.requireLatest(contender.latest(key));
        long entries = root.entries();
        if (entries != 1) {
          throw new IllegalStateException("entries: expected=1 actual=" + entries);
        }
      } finally {
        contender.close();
        root.close();
      }
    }
  }

  /** Many short fits: each save a new entry, over keys that have some. */
  @State(Scope.Thread)
  public static class ManyRuns {
    private static final int KEYS = 64;

    @Param({"256", "4096", "65536", "1048576"})
    public int payloadBytes;

    @Param public StoreKind store;

    private BenchmarkRoot root;
    private Contender contender;
    private Payload payload;
    private final Fingerprint[] keys = new Fingerprint[KEYS];

    /** Opens a store with one entry under each key; for each iteration, so that none fills up. */
    @Setup(Level.Iteration)
    public void open() throws IOException {
      root = BenchmarkRoot.create();
      contender = store.open(root.path());
      payload = new Payload(payloadBytes);
      for (int i = 0; i < KEYS; i++) {
        keys[i] = Payload.key(i);
        contender.save(keys[i], payload.next(), payload.objective(), payload.number());
      }
    }

    private Fingerprint key() {
      return keys[(int) (payload.number() % KEYS)];
    }

    /** Proves that the last entry is there, and that none is missing. */
    @TearDown(Level.Iteration)
    public void close() throws IOException {
      try {
        long entries = root.entries();
        if (entries != payload.number()) {
          throw new IllegalStateException(
              "entries: expected=" + payload.number() + " actual=" + entries);
        }
        payload.requireLatest(contender.latest(keys[(int) ((payload.number() - 1) % KEYS)]));
      } finally {
        contender.close();
        root.close();
      }
    }
  }

  /** A checkpoint over the one before. */
  @Benchmark
  public long overwrite(OneRun run) throws IOException {
    byte[] payload = run.payload.next();
    run.contender.saveOverwrite(
        run.key, run.runId, payload, run.payload.objective(), run.payload.number());
    return run.payload.number();
  }

  /** A checkpoint under a fresh run id. */
  @Benchmark
  public String saveNew(ManyRuns runs) throws IOException {
    Fingerprint key = runs.key();
    byte[] payload = runs.payload.next();
    return runs.contender.save(key, payload, runs.payload.objective(), runs.payload.number());
  }
}
