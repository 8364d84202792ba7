package io.warmstart.jmh.benchmark;

import io.warmstart.Entry;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.jmh.observation.Observations;
import io.warmstart.jmh.workload.BenchmarkRoot;
import io.warmstart.jmh.workload.Key;
import io.warmstart.jmh.workload.PairFiles;
import io.warmstart.model.PolicyUse;
import io.warmstart.stress.frame.Trees;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
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
 * How long does a process wait for its first answer, with what earlier ones have left in place, and
 * after all but the entries was deleted?
 *
 * <pre>{@code
 * java -jar jmh/target/warmstart-jmh.jar OpenBenchmark -p entries=10000
 * }</pre>
 *
 * <p>{@code open} and {@code rebuild} open the store and look one key up; {@code rebuildWhole}
 * waits until the index knows every entry again, and says what the index takes for each. The
 * entries' files are in the page cache.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5)
@Measurement(iterations = 10)
@Fork(
    value = 3,
    jvmArgsAppend = {"-Xms1g", "-Xmx1g"})
public class OpenBenchmark {
  private static final int PAYLOAD_BYTES = 256;
  private static final StoreOptions OPTIONS =
      StoreOptions.defaults().withSizeBudgetBytes(1L << 44).withPolicy(PolicyUse.THIS_STORE_ONLY);

  /** A root that nobody has open. */
  @State(Scope.Benchmark)
  public static class Closed {
    @Param({"1000", "10000", "100000"})
    public int entries;

    private BenchmarkRoot root;
    private Key key;

    /** Writes the entries and lets a store find them all. */
    @Setup(Level.Trial)
    public void write() throws IOException {
      root = BenchmarkRoot.create();
      new PairFiles(root.path(), PAYLOAD_BYTES).write(0, entries, Instant.now());
      key = Key.of(entries / 2);
      try (WarmStartStore store = WarmStartStore.open(root.path(), OPTIONS)) {
        store.evictOverflow();
      }
    }

    private long openAndLookUp() {
      try (WarmStartStore store = WarmStartStore.open(root.path(), OPTIONS);
          Entry entry = store.lookup(key.fingerprint()).orElseThrow()) {
        return entry.payloadLength();
      }
    }

    private long indexBytes() throws IOException {
      long bytes = 0;
      try (DirectoryStream<Path> files =
          Files.newDirectoryStream(root.path().resolve(".warmstart"), "index*")) {
        for (Path file : files) {
          bytes += Files.size(file);
        }
      }
      return bytes;
    }

    /** Removes the root. */
    @TearDown(Level.Trial)
    public void remove() throws IOException {
      root.close();
    }
  }

  /** Nothing but the entries. */
  @State(Scope.Thread)
  public static class Bare {
    /** Deletes what the engine keeps beside them. */
    @Setup(Level.Invocation)
    public void delete(Closed closed) throws IOException {
      Path own = closed.root.path().resolve(".warmstart");
      if (Files.exists(own)) {
        Trees.remove(own);
      }
    }
  }

  /** The first process on files alone, until the index knows every entry. */
  @Benchmark
  public long rebuildWhole(Closed closed, Bare bare) throws IOException {
    try (WarmStartStore store = WarmStartStore.open(closed.root.path(), OPTIONS)) {
      long entries = store.evictOverflow().entriesBefore();
      if (entries != closed.entries) {
        throw new IllegalStateException(
            "entries: expected=" + closed.entries + " actual=" + entries);
      }
      Observations.current()
          .scalar("indexPerEntry", (double) closed.indexBytes() / entries, "bytes");
      return entries;
    }
  }

  /** A process after others. */
  @Benchmark
  public long open(Closed closed) {
    return closed.openAndLookUp();
  }

  /** The first process on files alone. */
  @Benchmark
  public long rebuild(Closed closed, Bare bare) {
    return closed.openAndLookUp();
  }
}
