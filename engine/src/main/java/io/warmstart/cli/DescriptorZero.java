package io.warmstart.cli;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Whether descriptor 0 is what this process was given as standard input.
 *
 * <p>Where it was closed, the first file that the JVM opens and keeps has its number, and that is
 * the JDK's classes: 128 MB of bytes that nobody meant. Where it was not, the JVM has that file
 * under another number, even if the user has given it as standard input too.
 */
final class DescriptorZero {
  private static final Path OPEN = Path.of("/proc/self/fd");

  private DescriptorZero() {}

  /** To be asked before the command opens anything. */
  static boolean isStandardInput() {
    try {
      if (!Files.isDirectory(OPEN)) {
        // Nothing to tell by.
        return true;
      }
      Path target = target(OPEN.resolve("0"));
      return target != null && (!isJdkClasses(target) || isOpenElsewhere(target));
    } catch (IOException e) {
      return true;
    }
  }

  /** Null if there is no such descriptor. */
  private static @Nullable Path target(Path descriptor) throws IOException {
    try {
      return Files.readSymbolicLink(descriptor);
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  private static boolean isJdkClasses(Path target) throws IOException {
    Path classes = Path.of(System.getProperty("java.home"), "lib", "modules");
    return Files.isRegularFile(classes) && classes.toRealPath().equals(target);
  }

  private static boolean isOpenElsewhere(Path target) throws IOException {
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(OPEN)) {
      for (Path descriptor : descriptors) {
        if (!descriptor.endsWith("0") && target.equals(target(descriptor))) {
          return true;
        }
      }
    }
    return false;
  }
}
