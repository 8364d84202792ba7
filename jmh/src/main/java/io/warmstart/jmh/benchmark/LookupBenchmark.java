package io.warmstart.jmh.benchmark;

import io.warmstart.jmh.peer.FilledStore;
import io.warmstart.jmh.peer.PeerKind;
import io.warmstart.jmh.peer.Reader;
import io.warmstart.jmh.workload.Key;
import io.warmstart.jmh.workload.KeyOrder;
import io.warmstart.jmh.workload.Skew;
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
import org.openjdk.jmh.infra.ThreadParams;

/**
 * What does a lookup cost that finds an entry, or none, in each of the stores that one might pick?
 *
 * <pre>{@code
 * java -jar jmh/target/warmstart-jmh.jar LookupBenchmark -p keys=1000 -t 1
 * }</pre>
 *
 * <p>Nobody writes meanwhile, and everything is in the page cache. {@code hit} reads one byte of
 * the payload where the store gives it, so that stores which give it in place show what that is
 * worth; {@code hitCopied} copies it into the caller's array, as a caller does who goes on to
 * change it. The original's hits rewrite the manifest and wait for two syncs.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 3,
    jvmArgsAppend = {"-Xms1g", "-Xmx1g"})
public class LookupBenchmark {

  /** A store with one entry under each key. */
  @State(Scope.Benchmark)
  public static class Filled {
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

    @Param({"1000"})
    public int keys;

    @Param({"4096"})
    public int payloadBytes;

    @Param public Skew skew;

    private FilledStore store;

    /** Opens the store, and proves that it gives what was saved. */
    @Setup(Level.Trial)
    public void open() throws IOException {
      store = FilledStore.open(peer, keys, payloadBytes);
      store.readAll();
    }

    /** Proves that looking up has lost nothing. */
    @TearDown(Level.Trial)
    public void close() throws IOException {
      try {
        store.requireFilled();
        store.requireMiss(Key.of(-1));
      } finally {
        store.close();
      }
    }
  }

  /** One thread that looks up. */
  @State(Scope.Thread)
  public static class Looking {
    private Reader reader;
    private KeyOrder present;
    private KeyOrder absent;
    private byte[] target;

    /** Opens the thread's view of the store. */
    @Setup(Level.Trial)
    public void open(Filled filled, ThreadParams thread) throws IOException {
      reader = filled.store.reader();
      present = new KeyOrder(filled.store.keys(), filled.skew, thread.getThreadIndex());
      absent = new KeyOrder(absentKeys(filled.keys), filled.skew, thread.getThreadIndex());
      target = new byte[filled.payloadBytes];
    }

    private static Key[] absentKeys(int count) {
      Key[] keys = new Key[count];
      for (int i = 0; i < count; i++) {
        keys[i] = Key.of(-1L - i);
      }
      return keys;
    }
  }

  /** A lookup that finds an entry, and one byte of it. */
  @Benchmark
  public int hit(Looking thread) throws IOException {
    return thread.reader.lastByte(thread.present.next());
  }

  /** A lookup that finds an entry, and all of it. */
  @Benchmark
  public int hitCopied(Looking thread) throws IOException {
    return thread.reader.copy(thread.present.next(), thread.target);
  }

  /** A lookup of a key that the store does not have. */
  @Benchmark
  public int miss(Looking thread) throws IOException {
    return thread.reader.lastByte(thread.absent.next());
  }
}
