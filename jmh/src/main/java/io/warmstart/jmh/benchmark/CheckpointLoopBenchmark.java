package io.warmstart.jmh.benchmark;

import io.warmstart.Entry;
import io.warmstart.Session;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.jmh.observation.Observations;
import io.warmstart.jmh.peer.WarmStartPeer;
import io.warmstart.jmh.workload.BenchmarkRoot;
import io.warmstart.jmh.workload.Key;
import io.warmstart.jmh.workload.Payload;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Group;
import org.openjdk.jmh.annotations.GroupThreads;
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
 * What does the thread of a loop feel that offers a checkpoint a thousand times a second, while
 * another thread looks the same key up?
 *
 * <pre>{@code
 * java -jar jmh/target/warmstart-jmh.jar CheckpointLoopBenchmark
 * }</pre>
 *
 * <p>The answer is in the secondary results: percentiles of the time from the moment at which a
 * checkpoint was due until it was done, so that one that waits behind another counts its waiting.
 * With {@code EVERY} each is saved, as a caller of {@code saveOverwrite} does: at a thousand a
 * second that may be more than the device can sync, and then the loop falls behind. With {@code
 * SESSION} a session with default options decides, which writes every two seconds where the
 * objective does not improve; with {@code IMPROVING_SESSION} it does, so each is written.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 3)
@Fork(
    value = 3,
    jvmArgsAppend = {"-Xms1g", "-Xmx1g"})
public class CheckpointLoopBenchmark {
  private static final long PERIOD_NANOS = 1_000_000;
  private static final double[] PERCENTILES = {50, 90, 99, 99.9, 100};

  /** Who decides what is written. */
  public enum Writes {
    EVERY,
    SESSION,
    IMPROVING_SESSION
  }

  /** A fit. */
  @State(Scope.Group)
  public static class Fit {
    @Param({"4096"})
    public int payloadBytes;

    @Param public Writes writes;

    /** Of a session it is the default, whatever this says. */
    @Param({"IN_FILES"})
    public Durability durability;

    private final Histogram felt = new Histogram(3);
    private BenchmarkRoot root;
    private WarmStartPeer peer;
    private WarmStartStore store;
    private Fingerprint key;
    private Session session;
    private Payload payload;
    private long dueNanos;

    /** Opens the store and saves the first checkpoint. */
    @Setup(Level.Trial)
    public void open() throws IOException {
      root = BenchmarkRoot.create();
      StoreOptions options = StoreOptions.defaults();
      peer =
          new WarmStartPeer(
              root.path(), writes == Writes.EVERY ? options.withDurability(durability) : options);
      // The best and the last of a session.
      peer.expectOtherRuns(2);
      store = peer.store();
      key = Key.of(0).fingerprint();
      session = store.session(key);
      payload = new Payload(payloadBytes);
      write();
    }

    private boolean write() {
      byte[] bytes = payload.next();
      if (writes != Writes.EVERY) {
        double objective = writes == Writes.SESSION ? 1 : 1.0 / payload.number();
        return session.checkpoint(bytes, objective, payload.number());
      }
      store.saveOverwrite(
          key,
          session.bestRunId(),
          bytes,
          EntryAttributes.checkpoint().withObjective(1).withIteration(payload.number()));
      return true;
    }

    /** Begins to count. */
    @Setup(Level.Iteration)
    public void begin() {
      felt.reset();
      dueNanos = System.nanoTime() + PERIOD_NANOS;
    }

    private boolean next() {
      long wait;
      while ((wait = dueNanos - System.nanoTime()) > 0) {
        LockSupport.parkNanos(wait);
      }
      boolean wrote = write();
      felt.recordValue(System.nanoTime() - dueNanos);
      dueNanos += PERIOD_NANOS;
      return wrote;
    }

    /** Notes the percentiles. */
    @TearDown(Level.Iteration)
    public void note() {
      for (double percentile : PERCENTILES) {
        Observations.current()
            .scalar(
                Observations.percentileLabel("felt", percentile),
                (double) felt.getValueAtPercentile(percentile) / 1e3,
                "us/op");
      }
      Observations.current().scalar("checkpoints", (double) felt.getTotalCount(), "count");
    }

    /** Proves that an entry is there, and how it was saved. */
    @TearDown(Level.Trial)
    public void close() throws IOException {
      try {
        store.lookup(key).orElseThrow().close();
      } finally {
        root.closeAfter(peer::close);
      }
    }
  }

  /** The one that looks up. */
  @State(Scope.Thread)
  public static class Looking {
    private final Entry reused = new Entry();
  }

  /** The loop's thread. */
  @Benchmark
  @Group("loop")
  @GroupThreads(1)
  public boolean checkpoint(Fit fit) {
    return fit.next();
  }

  /** The other thread: a hundred times a second, as processes do that follow a fit. */
  @Benchmark
  @Group("loop")
  @GroupThreads(1)
  public long read(Fit fit, Looking looking) {
    LockSupport.parkNanos(10 * PERIOD_NANOS);
    if (!fit.store.lookup(fit.key, Ranking.LATEST, looking.reused)) {
      throw new IllegalStateException("the checkpoint is gone");
    }
    long length = looking.reused.payloadLength();
    looking.reused.close();
    return length;
  }
}
