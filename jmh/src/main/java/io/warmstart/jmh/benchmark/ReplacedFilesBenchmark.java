package io.warmstart.jmh.benchmark;

import io.warmstart.jmh.observation.Observations;
import io.warmstart.jmh.workload.BenchmarkRoot;
import io.warmstart.jmh.workload.Payload;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
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
 * What does it save an overwrite if the files that it replaces are freed after it, and not by its
 * renames? The file operations of an overwrite alone, without a store: two files staged and synced,
 * both renamed over the version before, the directory synced.
 *
 * <pre>{@code
 * java -jar jmh/target/warmstart-jmh.jar suite --only ReplacedFiles --file-systems here,ext4,xfs
 * }</pre>
 *
 * <p>Each invocation does it in both ways, in random order.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 2)
@Fork(3)
public class ReplacedFilesBenchmark {
  /** The start of the labels of times. */
  public static final String TIME = "replace.";

  /** The start of the labels of ratios to what the renames free. */
  public static final String RATIO = "ratioToRenames.";

  /** When the version before is freed. */
  public enum Freed {
    /** By the renames, which remove its last names. */
    BY_RENAMES,
    /** Later: a descriptor of each file is open meanwhile. */
    LATER
  }

  private static final class Contender {
    private static final List<String> SUFFIXES = List.of(".bin", ".json");
    private static final byte[] MANIFEST = new byte[300];

    final Freed freed;
    final BenchmarkRoot root;
    final List<Double> ratios = new ArrayList<>();
    long nanos;

    Contender(Freed freed) throws IOException {
      this.freed = freed;
      this.root = BenchmarkRoot.create();
      overwrite(MANIFEST);
    }

    void overwrite(byte[] payload) throws IOException {
      long start = System.nanoTime();
      List<FileChannel> held = new ArrayList<>();
      stage(".bin", payload);
      stage(".json", MANIFEST);
      for (String suffix : SUFFIXES) {
        if (freed == Freed.LATER && Files.exists(file("run" + suffix))) {
          held.add(FileChannel.open(file("run" + suffix), StandardOpenOption.READ));
        }
      }
      for (String suffix : SUFFIXES) {
        Files.move(file("staged" + suffix), file("run" + suffix), StandardCopyOption.ATOMIC_MOVE);
      }
      try (FileChannel directory = FileChannel.open(root.path(), StandardOpenOption.READ)) {
        directory.force(true);
      }
      nanos = System.nanoTime() - start;
      for (FileChannel each : held) {
        each.close();
      }
    }

    private void stage(String suffix, byte[] bytes) throws IOException {
      try (FileChannel channel =
          FileChannel.open(
              file("staged" + suffix), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        ByteBuffer left = ByteBuffer.wrap(bytes);
        while (left.hasRemaining()) {
          channel.write(left);
        }
        channel.force(true);
      }
    }

    private Path file(String name) {
      return root.path().resolve(name);
    }

    void noteMedian() {
      if (!ratios.isEmpty()) {
        Collections.sort(ratios);
        Observations.current().scalar(RATIO + freed, ratios.get(ratios.size() / 2), "ratio");
      }
    }
  }

  /** A directory for each way. */
  @State(Scope.Thread)
  public static class Ways {
    @Param({"4096", "1048576"})
    public int payloadBytes;

    private final Random order = new Random(1);
    private final List<Contender> contenders = new ArrayList<>();
    private Payload payload;

    /** Makes the first version of each. */
    @Setup(Level.Trial)
    public void open() throws IOException {
      payload = new Payload(payloadBytes);
      for (Freed freed : Freed.values()) {
        contenders.add(new Contender(freed));
      }
    }

    /** Forgets the ratios of the iteration before. */
    @Setup(Level.Iteration)
    public void forget() {
      contenders.forEach(contender -> contender.ratios.clear());
    }

    private void overwriteInBoth() throws IOException {
      payload.next();
      Collections.shuffle(contenders, order);
      long byRenames = 0;
      for (Contender contender : contenders) {
        contender.overwrite(payload.bytes());
        if (contender.freed == Freed.BY_RENAMES) {
          byRenames = contender.nanos;
        }
      }
      for (Contender contender : contenders) {
        Observations.current().time(TIME + contender.freed, contender.nanos);
        contender.ratios.add((double) contender.nanos / byRenames);
      }
    }

    /** Notes the medians. */
    @TearDown(Level.Iteration)
    public void note() {
      contenders.forEach(Contender::noteMedian);
    }

    /** Removes the directories. */
    @TearDown(Level.Trial)
    public void close() throws IOException {
      for (Contender contender : contenders) {
        contender.root.close();
      }
    }
  }

  /** An overwrite in each way. */
  @Benchmark
  public long overwrite(Ways ways) throws IOException {
    ways.overwriteInBoth();
    return ways.payload.number();
  }
}
