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
 * What does a lookup cost that finds the best of a key's entries in a key that nobody writes to, or
 * finds nothing?
 *
 * <pre>{@code
 * java -jar jmh/target/warmstart-jmh.jar LookupBenchmark
 * }</pre>
 *
 * <p>One thread. A hit reads one byte of the payload, so that what the caller would pay for paging
 * it in is not counted. The original's hits rewrite the manifest and wait for two syncs.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 3,
    jvmArgsAppend = {"-Xms1g", "-Xmx1g"})
public class LookupBenchmark {

  /** A key with entries, the last saved of which is the best. */
  @State(Scope.Thread)
  public static class SavedKey {
    @Param({"256", "4096", "65536", "1048576"})
    public int payloadBytes;

    @Param({"1", "16"})
    public int entries;

    @Param public StoreKind store;

    private BenchmarkRoot root;
    private Contender contender;
    private Payload payload;
    private Fingerprint key;

    /** Saves the entries, and proves that the store gives the last one's bytes. */
    @Setup(Level.Trial)
    public void open() throws IOException {
      root = BenchmarkRoot.create();
      contender = store.open(root.path());
      payload = new Payload(payloadBytes);
      key = Payload.key(0);
      for (int i = 0; i < entries; i++) {
        contender.save(key, payload.next(), payload.objective(), payload.number());
      }
      payload.requireLatest(contender.latest(key));
      requireLastByte();
    }

    private void requireLastByte() throws IOException {
      int actual = contender.lookupLastByte(key);
      if (actual != payload.lastByte()) {
        throw new IllegalStateException(
            "last byte of the best: expected=" + payload.lastByte() + " actual=" + actual);
      }
    }

    /** Proves that looking up has lost nothing. */
    @TearDown(Level.Trial)
    public void close() throws IOException {
      try {
        requireLastByte();
        payload.requireLatest(contender.latest(key));
        if (root.entries() != entries) {
          throw new IllegalStateException(
              "entries: expected=" + entries + " actual=" + root.entries());
        }
      } finally {
        contender.close();
        root.close();
      }
    }
  }

  /** A root that has other keys. */
  @State(Scope.Thread)
  public static class AbsentKey {
    @Param public StoreKind store;

    private BenchmarkRoot root;
    private Contender contender;
    private final Fingerprint key = Payload.key(1);

    /** Saves another key's entry. */
    @Setup(Level.Trial)
    public void open() throws IOException {
      root = BenchmarkRoot.create();
      contender = store.open(root.path());
      Payload payload = new Payload(256);
      contender.save(Payload.key(0), payload.next(), payload.objective(), payload.number());
    }

    /** Proves that it was a miss. */
    @TearDown(Level.Trial)
    public void close() throws IOException {
      try {
        int actual = contender.lookupLastByte(key);
        if (actual != -1) {
          throw new IllegalStateException("lookup of an absent key: expected=-1 actual=" + actual);
        }
      } finally {
        contender.close();
        root.close();
      }
    }
  }

  /** A lookup that finds an entry. */
  @Benchmark
  public int hit(SavedKey saved) throws IOException {
    return saved.contender.lookupLastByte(saved.key);
  }

  /** A lookup of a key that has no directory. */
  @Benchmark
  public int miss(AbsentKey absent) throws IOException {
    return absent.contender.lookupLastByte(absent.key);
  }
}
