package io.warmstart.cli;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import io.warmstart.Entry;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import org.jspecify.annotations.Nullable;

/** Writes the payload of an entry where the user wants it: all of it, or nothing. */
final class PayloadOutput {
  private static final int PIECE_BYTES = 256 << 10;

  private PayloadOutput() {}

  /** To a stream. */
  static void toStream(Entry entry, OutputStream out) {
    try {
      copy(entry, out);
      out.flush();
    } catch (IOException e) {
      throw new CommandFailedException(
          "cannot write payload to standard output: " + Failure.reason(e), e);
    }
  }

  /**
   * To a file, by way of a new one beside it: a caller that reads the file meanwhile sees the old
   * or the new, and a failure leaves the old. A device or a pipe is written to as it is.
   */
  static void toFile(Entry entry, Path file) {
    try {
      @Nullable BasicFileAttributes existing = look(file);
      if (existing == null) {
        replace(entry, file.toAbsolutePath(), null);
      } else if (existing.isRegularFile()) {
        // The target of a link, so that the link stays one.
        replace(entry, file.toRealPath(), permissions(file));
      } else if (existing.isDirectory()) {
        throw new CommandFailedException(
            "cannot write payload: expected=a file actual=a directory file=" + file);
      } else {
        try (OutputStream out = Files.newOutputStream(file, WRITE)) {
          copy(entry, out);
        }
      }
    } catch (IOException e) {
      throw new CommandFailedException(
          "cannot write payload: " + Failure.reason(e) + " file=" + file, e);
    }
  }

  private static void replace(Entry entry, Path file, @Nullable PosixFileAttributes like)
      throws IOException {
    Path part =
        file.resolveSibling(
            // Not of the file's name, which may be as long as names can be.
            ".warmstart-part-" + ProcessHandle.current().pid() + "-" + System.nanoTime());
    // For an interrupt from the keyboard; after the rename there is nothing of that name.
    part.toFile().deleteOnExit();
    boolean complete = false;
    try {
      try (OutputStream out = Files.newOutputStream(part, CREATE_NEW, WRITE)) {
        if (like != null) {
          Files.setPosixFilePermissions(part, like.permissions());
        }
        copy(entry, out);
      }
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
      complete = true;
    } finally {
      if (!complete) {
        Files.deleteIfExists(part);
      }
    }
  }

  private static @Nullable BasicFileAttributes look(Path file) throws IOException {
    try {
      return Files.readAttributes(file, BasicFileAttributes.class);
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  private static @Nullable PosixFileAttributes permissions(Path file) throws IOException {
    PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
    return view == null ? null : view.readAttributes();
  }

  private static void copy(Entry entry, OutputStream out) throws IOException {
    InputStream payload = entry.stream();
    byte[] piece = new byte[(int) Math.min(entry.payloadLength(), PIECE_BYTES)];
    for (int count = payload.read(piece); count > 0; count = payload.read(piece)) {
      out.write(piece, 0, count);
    }
  }
}
