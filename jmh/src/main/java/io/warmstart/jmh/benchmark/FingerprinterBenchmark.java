package io.warmstart.jmh.benchmark;

import io.warmstart.model.Fingerprint;
import io.warmstart.model.Fingerprinter;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.SplittableRandom;
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
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does the key of a fit on a large design matrix cost, beside the hash alone?
 *
 * <pre>{@code
 * java -jar jmh/target/warmstart-jmh.jar FingerprinterBenchmark
 * }</pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 3,
    jvmArgsAppend = {"-Xms1g", "-Xmx1g"})
public class FingerprinterBenchmark {

  /** A matrix. */
  @State(Scope.Benchmark)
  public static class Matrix {
    @Param({"100"})
    public int mebibytes;

    private double[] onHeap;
    private DoubleBuffer offHeap;
    private ByteBuffer bytes;

    /** Fills it with numbers, some of them the negative zeros that must be made positive. */
    @Setup(Level.Trial)
    public void fill() {
      SplittableRandom random = new SplittableRandom(1);
      onHeap = new double[(mebibytes << 20) / Double.BYTES];
      for (int i = 0; i < onHeap.length; i++) {
        onHeap[i] = i % 100 == 0 ? -0.0 : random.nextDouble();
      }
      bytes = ByteBuffer.allocateDirect(mebibytes << 20);
      offHeap = bytes.asDoubleBuffer();
      offHeap.put(onHeap).flip();
      if (!new Fingerprinter()
          .writeDoubles(onHeap)
          .finish()
          .equals(new Fingerprinter().writeDoubles(offHeap.duplicate()).finish())) {
        throw new IllegalStateException("the two forms of a matrix have two fingerprints");
      }
    }
  }

  /** Doubles in an array. */
  @Benchmark
  public Fingerprint array(Matrix matrix) {
    return new Fingerprinter().writeDoubles(matrix.onHeap).finish();
  }

  /** Doubles off the heap. */
  @Benchmark
  public Fingerprint buffer(Matrix matrix) {
    return new Fingerprinter().writeDoubles(matrix.offHeap.duplicate()).finish();
  }

  /** As many bytes through SHA-256 alone. */
  @Benchmark
  public byte[] sha256(Matrix matrix) throws NoSuchAlgorithmException {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    digest.update(matrix.bytes.duplicate());
    return digest.digest();
  }
}
