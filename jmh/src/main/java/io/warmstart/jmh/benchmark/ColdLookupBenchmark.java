package io.warmstart.jmh.benchmark;

import io.warmstart.jmh.peer.Peer;
import io.warmstart.jmh.peer.PeerKind;
import io.warmstart.jmh.peer.Reader;
import io.warmstart.jmh.peer.Sizing;
import io.warmstart.jmh.workload.BenchmarkRoot;
import io.warmstart.jmh.workload.Key;
import io.warmstart.jmh.workload.PageCache;
import io.warmstart.jmh.workload.Payload;
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
 * What does the first lookup cost when nothing of the store is in memory?
 *
 * <pre>{@code
 * java -jar jmh/target/warmstart-jmh.jar ColdLookupBenchmark
 * }</pre>
 *
 * <p>Before each lookup the store is closed, its files are dropped from the page cache, and it is
 * opened again, which is not measured and may read some of them in again. The payload is copied, so
 * that all of it must come from the device; this engine also verifies its checksum.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5)
@Measurement(iterations = 20)
@Fork(
    value = 3,
    jvmArgsAppend = {"-Xms1g", "-Xmx1g"})
public class ColdLookupBenchmark {
  private static final int KEYS = 64;

  /** From key to key, so that reading ahead does not help. */
  private static final int STRIDE = 37;

  /** A store that was just opened, none of it in memory. */
  @State(Scope.Thread)
  public static class Cold {
    @Param({
      "WARMSTART",
      "LMDB",
      "ROCKSDB",
      "CHRONICLE_MAP",
      "MVSTORE",
      "PLAIN_FILES",
      "ORIGINAL",
      "ORIGINAL_0_3_122"
    })
    public PeerKind peer;

    @Param({"4096", "1048576"})
    public int payloadBytes;

    private final Key[] keys = Key.first(KEYS);
    private BenchmarkRoot root;
    private Peer store;
    private Reader reader;
    private byte[] target;
    private int next;

    /** Fills it. */
    @Setup(Level.Trial)
    public void fill() throws IOException {
      root = BenchmarkRoot.create();
      target = new byte[payloadBytes];
      try (Peer filling = peer.open(root.path(), sizing())) {
        filling.fill(keys, payloadBytes);
      }
    }

    private Sizing sizing() {
      return new Sizing(KEYS, payloadBytes);
    }

    /** Drops it from memory, and opens it. */
    @Setup(Level.Invocation)
    public void open() throws IOException {
      PageCache.drop(root.path());
      store = peer.open(root.path(), sizing());
      reader = store.reader();
      next = (next + STRIDE) % KEYS;
    }

    /** Proves that it was the right payload. */
    @TearDown(Level.Invocation)
    public void close() throws IOException {
      reader.close();
      store.close();
      Payload payload = new Payload(payloadBytes);
      payload.of(next);
      payload.requireLatest(target);
    }

    /** Removes it. */
    @TearDown(Level.Trial)
    public void remove() throws IOException {
      root.close();
    }
  }

  /** The first lookup. */
  @Benchmark
  public int hitCopied(Cold cold) throws IOException {
    return cold.reader.copy(cold.keys[cold.next], cold.target);
  }
}
