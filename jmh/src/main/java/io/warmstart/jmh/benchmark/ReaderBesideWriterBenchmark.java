package io.warmstart.jmh.benchmark;

import io.warmstart.jmh.child.SavingChild.Orders;
import io.warmstart.jmh.child.SavingProcess;
import io.warmstart.jmh.peer.Peer;
import io.warmstart.jmh.peer.PeerKind;
import io.warmstart.jmh.peer.Reader;
import io.warmstart.jmh.peer.Sizing;
import io.warmstart.jmh.workload.BenchmarkRoot;
import io.warmstart.jmh.workload.Key;
import io.warmstart.jmh.workload.KeyOrder;
import io.warmstart.jmh.workload.Payload;
import io.warmstart.jmh.workload.Skew;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
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
 * What does a lookup cost while somebody overwrites the same keys as fast as the device lets them?
 *
 * <pre>{@code
 * java -jar jmh/target/warmstart-jmh.jar ReaderBesideWriterBenchmark -p writer=OTHER_PROCESS
 * }</pre>
 *
 * <p>Sixteen keys. RocksDB and MVStore are missing where the writer is another process, because
 * only one process may have them open.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 3,
    jvmArgsAppend = {"-Xms1g", "-Xmx1g"})
public class ReaderBesideWriterBenchmark {
  private static final int KEYS = 16;

  /** Where the writer is. */
  public enum Writer {
    SAME_PROCESS,
    OTHER_PROCESS
  }

  /** Stops the writer, and tells how often it has overwritten; fails if the writer has. */
  private interface Stopping {
    long stop() throws Exception;
  }

  /** A store, and one who writes to it. */
  @State(Scope.Benchmark)
  public static class Shared {
    @Param public Writer writer;

    @Param({"WARMSTART", "LMDB", "CHRONICLE_MAP", "PLAIN_FILES"})
    public PeerKind peer;

    @Param({"4096"})
    public int payloadBytes;

    private BenchmarkRoot root;
    private Peer store;
    private Reader reader;
    private KeyOrder order;
    private Stopping writing;

    /** Opens the store, fills it, and lets the writer begin. */
    @Setup(Level.Trial)
    public void open() throws IOException {
      root = BenchmarkRoot.create();
      Sizing sizing = new Sizing(1000, payloadBytes);
      Key[] keys = Key.first(KEYS);
      store = peer.open(root.path(), sizing);
      store.fill(keys, payloadBytes);
      reader = store.reader();
      order = new KeyOrder(keys, Skew.UNIFORM, 1);
      writing =
          writer == Writer.SAME_PROCESS ? startThread(store, keys, payloadBytes) : startProcess();
    }

    private static Stopping startThread(Peer store, Key[] keys, int payloadBytes) {
      AtomicBoolean stopped = new AtomicBoolean();
      ExecutorService executor = Executors.newSingleThreadExecutor();
      Future<Long> writer =
          executor.submit(
              () -> {
                Payload payload = new Payload(payloadBytes);
                while (!stopped.get()) {
                  byte[] bytes = payload.next();
                  Key key = keys[(int) (payload.number() % keys.length)];
                  store.overwrite(key, payload.number(), bytes);
                }
                return payload.number();
              });
      return () -> {
        stopped.set(true);
        executor.shutdown();
        return writer.get();
      };
    }

    private Stopping startProcess() throws IOException {
      SavingProcess process =
          SavingProcess.start(
              new Orders(
                  peer, root.path().toString(), new Sizing(1000, payloadBytes), 0, KEYS, true));
      process.go();
      return () -> {
        try (process) {
          SavingProcess.Saves saves = process.stop();
          if (saves.failed() > 0) {
            throw new IllegalStateException("saves that failed: " + saves.failed());
          }
          return saves.nanos().getTotalCount();
        }
      };
    }

    /** Stops the writer, and proves that a payload is one and whole. */
    @TearDown(Level.Trial)
    public void close() throws Exception {
      if (writing.stop() == 0) {
        throw new IllegalStateException("nobody wrote");
      }
      byte[] actual = new byte[payloadBytes];
      reader.copy(order.next(), actual);
      Payload payload = new Payload(payloadBytes);
      payload.of(ByteBuffer.wrap(actual).getLong(0));
      payload.requireLatest(actual);
      reader.close();
      store.close();
      root.close();
    }
  }

  /** A lookup. */
  @Benchmark
  public int read(Shared shared) throws IOException {
    int last = shared.reader.lastByte(shared.order.next());
    if (last < 0) {
      throw new IllegalStateException("the checkpoint is gone");
    }
    return last;
  }
}
