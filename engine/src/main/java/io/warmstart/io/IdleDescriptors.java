package io.warmstart.io;

import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The descriptors that the engines of a process keep open without needing them at the moment, and
 * how the process gets them back when it has none left.
 *
 * <p>Two things keep them from being in anybody's way. An operation that finds no descriptor left
 * has all idle ones closed, those of every engine of the process, and runs again. And the engines
 * together keep no more than half of what the process may open, since the application's own opens
 * ask nobody.
 *
 * <p>Safe for all threads.
 */
public final class IdleDescriptors {
  private static final Path LIMITS = Path.of("/proc/self/limits");
  private static final String LIMIT_NAME = "Max open files";

  /** What POSIX promises a process at least, for where the kernel does not tell. */
  private static final long LEAST_LIMIT = 256;

  /** Two kinds are kept, directories and replaced files: half of the limit for both. */
  private static final int PARTS = 4;

  private final List<Holder> holders = new CopyOnWriteArrayList<>();
  private final AtomicLong released = new AtomicLong();
  private final long limit;

  /**
   * Makes the idle descriptors of a process.
   *
   * @param limit how many descriptors it may have
   */
  public IdleDescriptors(long limit) {
    this.limit = limit;
  }

  /** Those of this process, by its limit at this moment. */
  public static IdleDescriptors ofProcess() {
    return new IdleDescriptors(limitOfProcess());
  }

  /** Something that keeps descriptors which it can do without. */
  @FunctionalInterface
  public interface Holder {
    /**
     * Closes what is not in use.
     *
     * @return how many descriptors were closed, with those that the holder itself has closed since
     *     it was last asked, if it does so
     */
    long closeIdle();
  }

  /** From here on the holder is asked when descriptors are short. */
  public void add(Holder holder) {
    holders.add(holder);
  }

  /** The holder has closed all that it had. */
  public void remove(Holder holder) {
    holders.remove(holder);
  }

  /**
   * How many descriptors of one kind a holder may keep, of those that it would like to: its share
   * of what the process may open.
   */
  public int allowance(int wanted) {
    long share = limit / PARTS / Math.max(1, holders.size());
    return (int) Math.min(wanted, share);
  }

  /**
   * Runs a step that opens something, and runs it again as long as it fails for want of descriptors
   * and idle ones have been closed since it began, by whatever thread.
   */
  public <T extends @Nullable Object> T opening(Uninterrupted.Step<T> step) throws IOException {
    while (true) {
      long before = released.get();
      try {
        return step.run();
      } catch (IOException e) {
        if (!IoFailure.isWantOfDescriptors(e)) {
          throw e;
        }
        closeIdle();
        if (released.get() == before) {
          throw e;
        }
      }
    }
  }

  /** One thread at a time: what one is told was closed counts before another is told of nothing. */
  private synchronized void closeIdle() {
    for (Holder holder : holders) {
      released.addAndGet(holder.closeIdle());
    }
  }

  /** The soft limit, which the JVM has raised to the hard one as it started. */
  private static long limitOfProcess() {
    try {
      for (String line : Files.readAllLines(LIMITS, StandardCharsets.US_ASCII)) {
        if (line.startsWith(LIMIT_NAME)) {
          String soft = line.substring(LIMIT_NAME.length()).strip().split("\\s+", 2)[0];
          return soft.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(soft);
        }
      }
    } catch (IOException | RuntimeException e) {
      // No such file, or in another form: the least that any process has.
      return LEAST_LIMIT;
    }
    return LEAST_LIMIT;
  }
}
