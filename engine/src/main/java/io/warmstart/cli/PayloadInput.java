package io.warmstart.cli;

import io.warmstart.model.Payload;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import net.openhft.chronicle.bytes.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * The payload to save, read whole before the store is opened: a payload that cannot be read must
 * not leave a new root behind, nor a slow pipe keep one busy. Small ones lie on the heap, others in
 * native memory, which has no limit of 2 GiB.
 */
final class PayloadInput implements AutoCloseable {
  /** Up to here the heap will do, and no class of native memory need be loaded. */
  private static final int HEAP_BYTES = 32 << 20;

  private static final int PIECE_BYTES = 256 << 10;

  private final byte[] heap;
  private final @Nullable Bytes<?> nativeBytes;

  private PayloadInput(byte[] heap, @Nullable Bytes<?> nativeBytes) {
    this.heap = heap;
    this.nativeBytes = nativeBytes;
  }

  /** Reads a file. */
  static PayloadInput ofFile(Path file) {
    try {
      BasicFileAttributes before = Files.readAttributes(file, BasicFileAttributes.class);
      if (before.isDirectory()) {
        throw new CommandFailedException("payload is a directory: expected=a file file=" + file);
      }
      PayloadInput payload;
      try (InputStream in = Files.newInputStream(file)) {
        payload = read(in, before.size());
      }
      if (before.isRegularFile()) {
        payload.requireUnchanged(file, before);
      }
      return payload;
    } catch (IOException e) {
      throw new CommandFailedException(
          "cannot read payload: " + Failure.reason(e) + " file=" + file, e);
    }
  }

  /** Reads a stream to its end. */
  static PayloadInput ofStream(InputStream in) {
    try {
      return read(in, 0);
    } catch (IOException e) {
      throw new CommandFailedException(
          "cannot read payload from standard input: " + Failure.reason(e), e);
    }
  }

  private static PayloadInput read(InputStream in, long expectedBytes) throws IOException {
    byte[] head = in.readNBytes(HEAP_BYTES);
    if (head.length < HEAP_BYTES) {
      return new PayloadInput(head, null);
    }
    Bytes<?> bytes = Bytes.allocateElasticDirect(Math.max(expectedBytes, 2L * HEAP_BYTES));
    boolean complete = false;
    try {
      bytes.write(head);
      byte[] piece = new byte[PIECE_BYTES];
      for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
        bytes.write(piece, 0, count);
      }
      complete = true;
      return new PayloadInput(new byte[0], bytes);
    } finally {
      if (!complete) {
        bytes.releaseLast();
      }
    }
  }

  /** A payload that somebody is still writing would be saved with a checksum that fits its half. */
  private void requireUnchanged(Path file, BasicFileAttributes before) throws IOException {
    BasicFileAttributes after = Files.readAttributes(file, BasicFileAttributes.class);
    if (length() != before.size()
        || after.size() != before.size()
        || !after.lastModifiedTime().equals(before.lastModifiedTime())) {
      close();
      throw new CommandFailedException(
          "payload changed while it was read: expected="
              + before.size()
              + " bytes, last changed "
              + before.lastModifiedTime()
              + " actual="
              + after.size()
              + " bytes, last changed "
              + after.lastModifiedTime()
              + " file="
              + file);
    }
  }

  /** Bytes. */
  long length() {
    return nativeBytes == null ? heap.length : nativeBytes.readRemaining();
  }

  /** What a store saves, until this is closed. */
  Payload payload() {
    return nativeBytes == null ? Payload.of(heap) : Payload.of(nativeBytes);
  }

  @Override
  public void close() {
    if (nativeBytes != null && nativeBytes.refCount() > 0) {
      nativeBytes.releaseLast();
    }
  }
}
