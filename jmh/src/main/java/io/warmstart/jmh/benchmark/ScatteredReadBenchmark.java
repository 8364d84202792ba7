package io.warmstart.jmh.benchmark;

import io.warmstart.jmh.workload.KeyOrder;
import io.warmstart.jmh.workload.Skew;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.UnsafeBuffer;
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
 * How much of a hit's growth with the keys is that of memory itself: of the caller's key, a byte of
 * a payload somewhere else, and between them one store that orders the loads, as a lease is?
 *
 * <pre>{@code
 * java -jar jmh/target/warmstart-jmh.jar ScatteredReadBenchmark
 * }</pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 3,
    jvmArgsAppend = {"-Xms1g", "-Xmx1g"})
public class ScatteredReadBenchmark {
  private static final int PAYLOAD_BYTES = 256;

  private record Place(int offset) {}

  /** Keys that lead to payloads off the heap. */
  @State(Scope.Thread)
  public static class Scattered {
    @Param({"1000", "10000", "100000"})
    public int keys;

    @Param({"ZIPF"})
    public Skew skew;

    private final AtomicLong lease = new AtomicLong();
    private Place[] places;
    private UnsafeBuffer payloads;
    private int[] order;
    private int position;

    /** Scatters the payloads. */
    @Setup(Level.Trial)
    public void scatter() {
      places = new Place[keys];
      payloads = new UnsafeBuffer(ByteBuffer.allocateDirect(keys * PAYLOAD_BYTES));
      SplittableRandom random = new SplittableRandom(1);
      for (int key = 0; key < keys; key++) {
        int other = random.nextInt(key + 1);
        places[key] = places[other];
        places[other] = new Place(key * PAYLOAD_BYTES);
      }
      for (int key = 0; key < keys; key++) {
        payloads.putByte(places[key].offset(), (byte) key);
      }
      order = KeyOrder.draw(keys, skew, 1);
    }

    private byte next() {
      Place place = places[order[position++ & (order.length - 1)]];
      lease.set(place.offset());
      return payloads.getByte(place.offset());
    }

    /** Proves that each key leads to its payload. */
    @TearDown(Level.Trial)
    public void check() {
      for (int key = 0; key < keys; key++) {
        if (payloads.getByte(places[key].offset()) != (byte) key) {
          throw new IllegalStateException("payload of another key: key=" + key);
        }
      }
    }
  }

  /** One key, one payload. */
  @Benchmark
  public byte read(Scattered scattered) {
    return scattered.next();
  }
}
