package io.warmstart.jmh.benchmark;

import io.warmstart.jmh.peer.Peer;
import io.warmstart.jmh.peer.PeerKind;
import io.warmstart.jmh.peer.Reader;
import io.warmstart.jmh.peer.Sizing;
import io.warmstart.jmh.workload.BenchmarkRoot;
import io.warmstart.jmh.workload.Key;
import io.warmstart.jmh.workload.Payload;
import java.io.IOException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
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
import org.openjdk.jmh.infra.ThreadParams;

/**
 * How long does a save keep its caller, in each of the stores, as durable as each is set to?
 *
 * <pre>{@code
 * java -jar jmh/target/warmstart-jmh.jar SaveBenchmark -p payloadBytes=4096 -t 1
 * }</pre>
 *
 * <p>Each thread saves under its own key. Look at the median: the tail is the device's. One store
 * runs after the other, so a device that is busy with other things can turn the order around;
 * {@link SaveInTurnsBenchmark} cannot be fooled that way.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 3,
    jvmArgsAppend = {"-Xms1g", "-Xmx1g"})
public class SaveBenchmark {
  /** What the stores that must know it beforehand are told; an iteration ends before. */
  private static final long MOST_BYTES = 8L << 30;

  private static final long MOST_ENTRIES = 40_000;

  /** An open store, made again for each iteration so that none fills up. */
  @State(Scope.Benchmark)
  public static class Opened {
    @Param public PeerKind peer;

    @Param({"256", "4096", "65536", "1048576"})
    public int payloadBytes;

    private BenchmarkRoot root;
    private Peer store;
    private final Queue<Fit> fits = new ConcurrentLinkedQueue<>();

    /** Opens it. */
    @Setup(Level.Iteration)
    public void open() throws IOException {
      root = BenchmarkRoot.create();
      long entries = Math.max(16, Math.min(MOST_ENTRIES, MOST_BYTES / payloadBytes));
      store = peer.open(root.path(), new Sizing(entries, payloadBytes));
    }

    /** Proves that each thread's last checkpoint is there; all threads have stopped by now. */
    @TearDown(Level.Iteration)
    public void close() throws IOException {
      try (Reader reader = store.reader()) {
        for (Fit fit : fits) {
          fit.requireSaved(reader);
        }
      } finally {
        fits.clear();
        root.closeAfter(store::close);
      }
    }
  }

  /** One thread's fit. */
  @State(Scope.Thread)
  public static class Fit {
    private Key key;
    private Payload payload;
    private long overwritten;

    /** Saves the first checkpoint: its directory is not part of what is measured. */
    @Setup(Level.Iteration)
    public void begin(Opened opened, ThreadParams thread) throws IOException {
      opened.fits.add(this);
      key = Key.of(thread.getThreadIndex());
      payload = new Payload(opened.payloadBytes);
      overwritten = 0;
      overwrite(opened);
    }

    private long overwrite(Opened opened) throws IOException {
      byte[] bytes = payload.next();
      opened.store.overwrite(key, payload.number(), bytes);
      overwritten = payload.number();
      return overwritten;
    }

    private long save(Opened opened) throws IOException {
      byte[] bytes = payload.next();
      opened.store.save(key, payload.number(), bytes);
      return payload.number();
    }

    private void requireSaved(Reader reader) throws IOException {
      byte[] actual = new byte[payload.bytes().length];
      int length = reader.copy(key, actual);
      if (length != actual.length) {
        throw new IllegalStateException(
            "payload bytes: expected=" + actual.length + " actual=" + length);
      }
      if (overwritten == payload.number()) {
        payload.requireLatest(actual);
      }
    }
  }

  /** A checkpoint over the one before. */
  @Benchmark
  public long overwrite(Opened opened, Fit fit) throws IOException {
    return fit.overwrite(opened);
  }

  /** A checkpoint beside the others of its key. */
  @Benchmark
  public long save(Opened opened, Fit fit) throws IOException {
    return fit.save(opened);
  }
}
