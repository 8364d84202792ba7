package io.warmstart.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import org.jspecify.annotations.Nullable;

/**
 * A stream of the process that tells when a write fails, unlike the JDK's. A reader that has had
 * enough, as {@code head} has, is no failure: what is written after it has left goes nowhere.
 */
final class StandardOutput extends OutputStream {
  private final OutputStream out;
  private boolean readerLeft;

  StandardOutput(OutputStream out) {
    this.out = out;
  }

  /** Whether it leads to a pipe that nobody will read any more, as far as it was written to. */
  boolean readerLeft() {
    return readerLeft;
  }

  @Override
  public void write(int one) throws IOException {
    write(new byte[] {(byte) one}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    if (readerLeft) {
      return;
    }
    try {
      out.write(bytes, offset, length);
    } catch (IOException e) {
      if (!isBrokenPipe(e)) {
        throw e;
      }
      readerLeft = true;
    }
  }

  @Override
  public void flush() throws IOException {
    out.flush();
  }

  private static boolean isBrokenPipe(IOException failure) {
    // The JDK hands the kernel's error on as text only, in the words of the C library's locale.
    String text = String.valueOf(failure.getMessage());
    return text.equals("Broken pipe") || text.equals(brokenPipe());
  }

  /** What a write to a pipe without a reader fails with. */
  private static @Nullable String brokenPipe() {
    try {
      Pipe pipe = Pipe.open();
      try (Pipe.SinkChannel sink = pipe.sink()) {
        pipe.source().close();
        sink.write(ByteBuffer.allocate(1));
        return null;
      }
    } catch (IOException e) {
      return e.getMessage();
    }
  }
}
