package io.warmstart.jmh.benchmark;

import io.warmstart.Entry;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.jmh.peer.FilledStore;
import io.warmstart.jmh.peer.PeerKind;
import io.warmstart.jmh.peer.Sizing;
import io.warmstart.jmh.peer.WarmStartPeer;
import io.warmstart.jmh.workload.KeyOrder;
import io.warmstart.jmh.workload.Skew;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.Ranking;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
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
 * What do the other forms of a lookup cost beside the one that fills a reused entry, and what does
 * the look for foreign writers?
 *
 * <pre>{@code
 * java -jar jmh/target/warmstart-jmh.jar LookupFormsBenchmark
 * }</pre>
 *
 * <p>This engine alone: the peers know none of them.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 3,
    jvmArgsAppend = {"-Xms1g", "-Xmx1g"})
public class LookupFormsBenchmark {

  /** How often a key's directory is looked at for what stores without the index have done. */
  public enum ForeignCheck {
    DEFAULT(StoreOptions.DEFAULT_FOREIGN_CHECK_INTERVAL),
    ALWAYS(Duration.ZERO),
    NEVER(Duration.ofDays(365));

    private final Duration interval;

    ForeignCheck(Duration interval) {
      this.interval = interval;
    }

    Duration interval() {
      return interval;
    }
  }

  /** A store with one entry under each key. */
  @State(Scope.Benchmark)
  public static class Filled {
    @Param({"1000"})
    public int keys;

    @Param({"4096"})
    public int payloadBytes;

    @Param({"ZIPF"})
    public Skew skew;

    @Param({"DEFAULT"})
    public ForeignCheck foreignCheck;

    private FilledStore filled;
    private WarmStartStore store;

    /** Opens the store, and proves that it gives what was saved. */
    @Setup(Level.Trial)
    public void open() throws IOException {
      StoreOptions options =
          StoreOptions.defaults()
              .withSizeBudgetBytes(Sizing.NO_EVICTION)
              .withPolicy(PolicyUse.THIS_STORE_ONLY)
              .withForeignCheckInterval(foreignCheck.interval());
      filled =
          FilledStore.open(
              PeerKind.WARMSTART,
              keys,
              payloadBytes,
              (root, sizing) -> new WarmStartPeer(root, options));
      filled.readAll();
      store = ((WarmStartPeer) filled.peer()).store();
    }

    /** Proves that looking up has lost nothing. */
    @TearDown(Level.Trial)
    public void close() throws IOException {
      try {
        filled.requireFilled();
      } finally {
        filled.close();
      }
    }
  }

  /** One thread that looks up. */
  @State(Scope.Thread)
  public static class Looking {
    private final Entry reused = new Entry();
    private KeyOrder order;

    /** Draws the thread's order. */
    @Setup(Level.Trial)
    public void open(Filled filled, ThreadParams thread) {
      order = new KeyOrder(filled.filled.keys(), filled.skew, thread.getThreadIndex());
    }
  }

  /** The lowest objective, in an entry that is used again. */
  @Benchmark
  public int reusedEntry(Filled filled, Looking thread) {
    filled.store.lookup(thread.order.next().fingerprint(), Ranking.LOWEST_OBJECTIVE, thread.reused);
    int last = lastByte(thread.reused);
    thread.reused.close();
    return last;
  }

  /** The same by a key that is made for it, out of its 32 bytes. */
  @Benchmark
  public int freshKey(Filled filled, Looking thread) {
    Fingerprint fresh = Fingerprint.ofBytes(thread.order.next().bytes());
    filled.store.lookup(fresh, Ranking.LOWEST_OBJECTIVE, thread.reused);
    int last = lastByte(thread.reused);
    thread.reused.close();
    return last;
  }

  /** The lowest objective, in an entry made for it. */
  @Benchmark
  public int optionalEntry(Filled filled, Looking thread) {
    return lastByte(filled.store.lookup(thread.order.next().fingerprint()));
  }

  /** The entry written last, in an entry made for it. */
  @Benchmark
  public int latest(Filled filled, Looking thread) {
    return lastByte(filled.store.lookupLatest(thread.order.next().fingerprint()));
  }

  /** Who would win, and why the others would not. */
  @Benchmark
  public Object explain(Filled filled, Looking thread) {
    return filled.store.explain(thread.order.next().fingerprint(), Ranking.LOWEST_OBJECTIVE);
  }

  private static int lastByte(Optional<Entry> found) {
    try (Entry entry = found.orElseThrow()) {
      return lastByte(entry);
    }
  }

  private static int lastByte(Entry entry) {
    return entry.payload().getByte((int) entry.payloadLength() - 1);
  }
}
