package io.warmstart.jmh.benchmark;

import io.warmstart.jmh.observation.Observations;
import io.warmstart.jmh.peer.ChronicleMapFlags;
import io.warmstart.jmh.peer.Peer;
import io.warmstart.jmh.peer.PeerGroup;
import io.warmstart.jmh.peer.PeerKind;
import io.warmstart.jmh.peer.Reader;
import io.warmstart.jmh.peer.Sizing;
import io.warmstart.jmh.workload.BenchmarkRoot;
import io.warmstart.jmh.workload.Key;
import io.warmstart.jmh.workload.Payload;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
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
 * Which store overwrites a checkpoint faster, on a machine whose device is busy with other things?
 *
 * <pre>{@code
 * java -jar jmh/target/warmstart-jmh.jar SaveInTurnsBenchmark
 * }</pre>
 *
 * <p>{@link SaveBenchmark} runs one store for seconds and then the next, and what the device does
 * meanwhile can be ten times what is measured. Here each invocation lets every store overwrite
 * once, in random order, so that whatever slows one slows all. JMH's score is of all together. The
 * answer is in the secondary results: for each store its times, and the median over the invocations
 * of its time divided by this engine's. Which stores take part is a parameter: those whose saves
 * survive the same are compared.
 *
 * <p>A save that syncs is called some thousand times in a fork, which is too seldom for the JVM to
 * compile it, and the native stores need no compiling. So each store may overwrite alone before:
 * then the answer is that of a process that has saved for a while, else that of one that begins.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 3,
    jvmArgsAppend = {
      "-Xms1g",
      "-Xmx1g",
      ChronicleMapFlags.EXPORT_REF,
      ChronicleMapFlags.EXPORT_CHANNELS,
      ChronicleMapFlags.EXPORT_COMPILER,
      ChronicleMapFlags.OPEN_LANG,
      ChronicleMapFlags.OPEN_REFLECT
    })
public class SaveInTurnsBenchmark {
  /** The start of the labels of times. */
  public static final String TIME = "overwrite.";

  /** The start of the labels of ratios to the time of the first store, which is this engine. */
  public static final String RATIO = "ratioToWarmstart.";

  private static final long MOST_ENTRIES = 1000;

  /** A store that writes files would take half a minute for what one with a log does in seconds. */
  private static final long MOST_ALONE_NANOS = TimeUnit.SECONDS.toNanos(4);

  /** One of the stores, with one run that overwrites its entry. */
  private static final class Contender {
    final PeerKind kind;
    final BenchmarkRoot root;
    final Peer store;
    final List<Double> ratios = new ArrayList<>();
    long nanos;

    Contender(PeerKind kind, int payloadBytes) throws IOException {
      this.kind = kind;
      this.root = BenchmarkRoot.create();
      this.store = kind.open(root.path(), new Sizing(MOST_ENTRIES, payloadBytes));
    }

    void overwrite(Key key, Payload payload) throws IOException {
      long start = System.nanoTime();
      store.overwrite(key, payload.number(), payload.bytes());
      nanos = System.nanoTime() - start;
    }

    /** Overwrites without the others, as often as that within the time there is. */
    void overwriteAlone(Key key, Payload payload, int times) throws IOException {
      long start = System.nanoTime();
      for (int i = 0; i < times && System.nanoTime() - start < MOST_ALONE_NANOS; i++) {
        payload.next();
        store.overwrite(key, payload.number(), payload.bytes());
      }
    }

    void noteMedian() {
      if (!ratios.isEmpty()) {
        Collections.sort(ratios);
        Observations.current().scalar(RATIO + kind, ratios.get(ratios.size() / 2), "ratio");
      }
    }

    void close(Key key, Payload payload) throws IOException {
      byte[] actual = new byte[payload.bytes().length];
      try (Reader reader = store.reader()) {
        reader.copy(key, actual);
        payload.requireLatest(actual);
      } finally {
        root.closeAfter(store::close);
      }
    }
  }

  /** All stores. */
  @State(Scope.Thread)
  public static class AllStores {
    @Param({"256", "4096", "65536", "1048576"})
    public int payloadBytes;

    /**
     * A {@link PeerGroup}, or names of stores with {@code +} between them; the ratios are to the
     * first.
     */
    @Param({"ALL"})
    public String peers;

    /** How often each store overwrites alone before, within four seconds. */
    @Param({"0"})
    public int savesBefore;

    private final Random order = new Random(1);
    private PeerKind baseline;
    private final List<Contender> contenders = new ArrayList<>();
    private Payload payload;
    private Key key;

    /** Opens all. */
    @Setup(Level.Trial)
    public void open() throws IOException {
      List<PeerKind> kinds = PeerGroup.parse(peers);
      baseline = kinds.get(0);
      for (PeerKind kind : kinds) {
        contenders.add(new Contender(kind, payloadBytes));
      }
      payload = new Payload(payloadBytes);
      key = Key.of(0);
      for (Contender each : contenders) {
        each.overwriteAlone(key, payload, savesBefore);
      }
    }

    /** Forgets the ratios of the iteration before. */
    @Setup(Level.Iteration)
    public void forget() {
      contenders.forEach(contender -> contender.ratios.clear());
    }

    private void overwriteInAll() throws IOException {
      payload.next();
      Collections.shuffle(contenders, order);
      long baselineNanos = 0;
      for (Contender contender : contenders) {
        contender.overwrite(key, payload);
        if (contender.kind == baseline) {
          baselineNanos = contender.nanos;
        }
      }
      for (Contender contender : contenders) {
        Observations.current().time(TIME + contender.kind, contender.nanos);
        contender.ratios.add((double) contender.nanos / baselineNanos);
      }
    }

    /** Notes the medians. */
    @TearDown(Level.Iteration)
    public void note() {
      contenders.forEach(Contender::noteMedian);
    }

    /** Proves that all hold the last version. */
    @TearDown(Level.Trial)
    public void close() throws IOException {
      for (Contender contender : contenders) {
        contender.close(key, payload);
      }
    }
  }

  /** An overwrite by each store. */
  @Benchmark
  public long overwrite(AllStores stores) throws IOException {
    stores.overwriteInAll();
    return stores.payload.number();
  }
}
