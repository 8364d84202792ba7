package io.warmstart.stress.fuzz;

import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Hands damaged inputs to one target in a process of its own, so that a crash of the JVM is one of
 * the things that are found. An input that comes to no end is told by a second thread, and ends the
 * process.
 */
@Command(name = FuzzCommand.NAME, hidden = true, description = "The process that reads damage.")
public final class FuzzCommand implements Callable<Integer> {
  /** Its name on the command line. */
  public static final String NAME = "read-damage";

  /** What it says of how many inputs it has tried. */
  public static final String TRIED = "tried ";

  /** What it says of each thing that must not be. */
  public static final String PROBLEM = "problem ";

  /** A store waits for others at most some seconds; a busy machine makes that longer. */
  private static final long MOST_SECONDS_FOR_ONE = 60;

  private static final int MOST_PROBLEMS = 20;
  private static final int MOST_HEX = 400;

  /** The one who holds the logger keeps its level. */
  private static final Logger LOG = Logger.getLogger("io.warmstart");

  @Parameters(index = "0", paramLabel = "TARGET")
  private String targetName;

  @Parameters(index = "1", paramLabel = "DIRECTORY")
  private Path directory;

  @Option(names = "--seed")
  private long seed;

  @Option(names = "--inputs", description = "How many to try.")
  private long inputs = Long.MAX_VALUE;

  @Option(names = "--seconds", description = "For how long; 0 = until all are tried.")
  private long seconds;

  private volatile long begun = System.nanoTime();
  private volatile byte[] current = {};
  private long told;

  @Override
  public Integer call() throws Exception {
    silence();
    watch();
    int problems = 0;
    long done = 0;
    try (FuzzTarget target = FuzzTargets.of(targetName, directory)) {
      Mutator mutator = new Mutator(target.corpus(), new SplittableRandom(seed));
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
      for (byte[] whole : target.corpus()) {
        problems += tried(target, whole);
        done++;
      }
      while (done < inputs
          && problems < MOST_PROBLEMS
          && (seconds == 0 || System.nanoTime() < deadline)) {
        problems += tried(target, mutator.next());
        done++;
        tell(done, false);
      }
    }
    tell(done, true);
    return 0;
  }

  private int tried(FuzzTarget target, byte[] input) {
    current = input;
    begun = System.nanoTime();
    String complaint = Trial.of(target, input);
    if (complaint.isEmpty()) {
      return 0;
    }
    say(PROBLEM + targetName + ": " + complaint + " input=" + hex(input));
    return 1;
  }

  /** Each some thousand, so that a process that dies has told how far it came. */
  private void tell(long done, boolean last) {
    if (last || done - told >= 4096) {
      say(TRIED + (done - told));
      told = done;
    }
  }

  private void watch() {
    Thread watch =
        new Thread(
            () -> {
              while (System.nanoTime() - begun < TimeUnit.SECONDS.toNanos(MOST_SECONDS_FOR_ONE)) {
                try {
                  TimeUnit.SECONDS.sleep(1);
                } catch (InterruptedException e) {
                  return;
                }
              }
              say(PROBLEM + targetName + ": comes to no end: input=" + hex(current));
              Runtime.getRuntime().halt(1);
            },
            "watch");
    watch.setDaemon(true);
    watch.start();
  }

  /** What is damaged is told in the log, which nobody reads here. */
  static void silence() {
    LOG.setLevel(Level.OFF);
  }

  private static String hex(byte[] input) {
    HexFormat format = HexFormat.of();
    return input.length <= MOST_HEX
        ? format.formatHex(input)
        : format.formatHex(input, 0, MOST_HEX) + "... " + input.length + " bytes";
  }

  private static void say(String line) {
    System.out.println(line);
  }

  /** The names of all targets. */
  public static List<String> targets() {
    return FuzzTargets.NAMES;
  }
}
