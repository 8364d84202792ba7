package io.warmstart.jmh.benchmark;

import io.warmstart.jmh.peer.WrittenBlocks;
import io.warmstart.jmh.workload.BenchmarkRoot;
import io.warmstart.jmh.workload.Payload;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.concurrent.TimeUnit;
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
 * Below what can no store on this machine go: one durable write, one copy, one hash, one question
 * to the file system?
 *
 * <pre>{@code
 * java -jar jmh/target/warmstart-jmh.jar PhysicalFloorBenchmark
 * }</pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 3,
    jvmArgsAppend = {"-Xms1g", "-Xmx1g"})
public class PhysicalFloorBenchmark {

  /** A payload on the heap and off it. */
  @State(Scope.Thread)
  public static class Memory {
    @Param({"256", "4096", "65536", "1048576"})
    public int payloadBytes;

    private Payload payload;
    private byte[] target;
    private UnsafeBuffer offHeap;
    private MessageDigest digest;

    /** Makes the buffers. */
    @Setup(Level.Trial)
    public void make() throws NoSuchAlgorithmException {
      payload = new Payload(payloadBytes);
      target = new byte[payloadBytes];
      offHeap = new UnsafeBuffer(ByteBuffer.allocateDirect(payloadBytes));
      offHeap.putBytes(0, payload.of(1));
      digest = MessageDigest.getInstance("SHA-256");
    }

    /** Proves that the copy is one. */
    @TearDown(Level.Trial)
    public void check() {
      offHeap.getBytes(0, target);
      payload.of(1);
      payload.requireLatest(target);
    }
  }

  /** A file that is there already. */
  @State(Scope.Thread)
  public static class WrittenFile {
    private BenchmarkRoot root;
    private WrittenBlocks blocks;

    /** Writes it. */
    @Setup(Level.Trial)
    public void write() throws IOException {
      root = BenchmarkRoot.create();
      blocks = new WrittenBlocks(root.path().resolve("written"));
    }

    /** Proves that it has not grown. */
    @TearDown(Level.Trial)
    public void close() throws IOException {
      root.closeAfter(blocks::close);
    }
  }

  /** A write into written blocks, and one sync of the data: no durable save can be cheaper. */
  @Benchmark
  public long appendSynced(Memory memory, WrittenFile file) throws IOException {
    return file.blocks.append(memory.payload.next());
  }

  /** A copy from memory off the heap to an array. */
  @Benchmark
  public byte[] copy(Memory memory) {
    memory.offHeap.getBytes(0, memory.target);
    return memory.target;
  }

  /** The hash that a save must compute. */
  @Benchmark
  public byte[] sha256(Memory memory) {
    return memory.digest.digest(memory.payload.bytes());
  }

  /** What a look at the disk costs that finds everything in the kernel's caches. */
  @Benchmark
  public long stat(WrittenFile file) throws IOException {
    return Files.readAttributes(file.blocks.path(), BasicFileAttributes.class).size();
  }
}
