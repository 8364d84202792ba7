package io.warmstart.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Keeps the numbers 0, 1 and 2 from being given to a file of a store.
 *
 * <p>In a process that was started without standard output or error, a daemon's child say, the
 * kernel gives their numbers to what is opened next. What the JVM, a library or the application
 * then prints would be written into that: a lock file, the index, a payload that is being staged.
 * So the numbers that are free are taken for good, by descriptors that fail as closed ones do: the
 * one for input cannot be read, those for output cannot be written.
 *
 * <p>The JDK sees to the rest: a close of its own standard streams leaves the number in use.
 *
 * <p>Safe for all threads.
 */
public final class StandardDescriptors {
  private static final Path OPEN = Path.of("/proc/self/fd");
  private static final Path NOTHING = Path.of("/dev/null");

  /** Numbers that stay free although the lowest free one was given tell of a table that lies. */
  private static final int MOST_ATTEMPTS = 8;

  private final int first;
  private final int count;

  /** Never closed, nor let go: the JDK closes a channel that nobody refers to. */
  private final List<FileChannel> taken = new ArrayList<>();

  public StandardDescriptors() {
    this(0, 3);
  }

  StandardDescriptors(int first, int count) {
    this.first = first;
    this.count = count;
  }

  /** Takes the numbers that are free now. */
  public synchronized void take() {
    if (!Files.isDirectory(OPEN)) {
      // Nothing to tell by.
      return;
    }
    try {
      for (int number = first; number < first + count; number++) {
        // The kernel gives the lowest number that is free. Where another thread's open was faster,
        // it has this one now, and ours another.
        for (int attempt = 0; attempt < MOST_ATTEMPTS && isFree(number); attempt++) {
          OpenOption useless = number == 0 ? StandardOpenOption.WRITE : StandardOpenOption.READ;
          taken.add(FileChannel.open(NOTHING, useless));
        }
      }
    } catch (IOException e) {
      // Not one descriptor left: then none of these is free, or somebody has just taken it.
      return;
    }
  }

  /** Whether a number is surely free: what may not be looked at is not. */
  private static boolean isFree(int number) {
    return Files.notExists(OPEN.resolve(Integer.toString(number)), LinkOption.NOFOLLOW_LINKS);
  }
}
