package io.warmstart.io;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.index.ForkedJvm;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * In a process without standard error the next file that is opened gets its number, and what
 * anybody prints is written into it: the lock file of a store, or a payload.
 *
 * <p>The JVM's own first files take the numbers of streams that are closed from the beginning, as
 * it happens; so the test frees a number of its own.
 */
@Tag("slow")
class StandardDescriptorsTest {
  @TempDir Path directory;

  @Test
  void aNumberThatIsFreeIsTakenForGoodAndFailsAsAClosedOneDoes() throws Exception {
    Path file = Files.createFile(directory.resolve("file"));
    try (ForkedJvm child = ForkedJvm.start(FreesANumber.class, file.toString())) {
      assertEquals(file.toString(), child.awaitLine("before"));
      assertEquals("/dev/null", child.awaitLine("taken"));
      assertEquals("not for writing", child.awaitLine("mode"));
      assertEquals("another", child.awaitLine("next"));
    }
  }

  /** Has the number of a stream free, and opens a file. */
  static final class FreesANumber {
    private FreesANumber() {}

    public static void main(String[] args) throws IOException {
      Path file = Path.of(args[0]);
      int number = freeNumber(file);
      try (FileChannel without = FileChannel.open(file, StandardOpenOption.WRITE)) {
        System.out.println("before " + (without.isOpen() ? target(number) : "closed"));
      }
      StandardDescriptors standard = new StandardDescriptors(number, 1);
      standard.take();
      // A thread of the JVM's own may have had it for a moment: then it is free after all.
      while (target(number).equals("none")) {
        standard.take();
      }
      System.out.println("taken " + target(number));
      System.out.println("mode " + mode(number));
      standard.take();
      try (FileChannel next = FileChannel.open(file, StandardOpenOption.WRITE)) {
        boolean same = next.isOpen() && target(number).equals(target(file));
        System.out.println("next " + (same ? "the same" : "another"));
      }
    }

    /** A channel's close frees its number, which that of a stream of the JDK would not. */
    private static int freeNumber(Path file) throws IOException {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        for (int number = 0; channel.isOpen(); number++) {
          if (target(number).equals(target(file))) {
            return number;
          }
        }
        throw new IOException("the channel was closed: file=" + file);
      }
    }

    private static Path descriptor(int number) {
      return Path.of("/proc/self/fd/" + number);
    }

    private static String target(Path file) throws IOException {
      return file.toRealPath().toString();
    }

    private static String target(int number) throws IOException {
      try {
        return Files.readSymbolicLink(descriptor(number)).toString();
      } catch (NoSuchFileException e) {
        return "none";
      }
    }

    /** The last digit of the flags, octal: 0 for reading, 1 for writing, 2 for both. */
    private static String mode(int number) throws IOException {
      for (String line : Files.readAllLines(Path.of("/proc/self/fdinfo/" + number))) {
        if (line.startsWith("flags:")) {
          return line.endsWith("0") ? "not for writing" : "for writing";
        }
      }
      return "unknown";
    }
  }
}
