package io.warmstart.cli;

import java.io.BufferedInputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where a command reads and writes.
 *
 * @param in standard input
 * @param out standard output; unlike the JDK's, it tells when a write fails
 * @param err standard error
 * @param charset how text is written
 * @param outIsTerminal whether a person watches standard output
 * @param errIsTerminal whether a person watches standard error
 */
record Streams(
    InputStream in,
    OutputStream out,
    OutputStream err,
    Charset charset,
    boolean outIsTerminal,
    boolean errIsTerminal) {

  /** Those of the process. */
  static Streams ofProcess() {
    return new Streams(
        standardInput(),
        new StandardOutput(new FileOutputStream(FileDescriptor.out)),
        new StandardOutput(new FileOutputStream(FileDescriptor.err)),
        terminalCharset(),
        isTerminal(1),
        isTerminal(2));
  }

  /** Whether nobody will read what is written to standard output any more. */
  boolean readerLeft() {
    return out instanceof StandardOutput standard && standard.readerLeft();
  }

  private static InputStream standardInput() {
    return DescriptorZero.isStandardInput()
        ? new BufferedInputStream(new FileInputStream(FileDescriptor.in))
        : new ClosedInput();
  }

  /** What cannot be read, whatever descriptor 0 is by now. */
  private static final class ClosedInput extends InputStream {
    @Override
    public int read() throws IOException {
      throw new IOException("it was closed when the command was started");
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      return read();
    }
  }

  /** The JDK knows only whether all of its streams are a terminal, not whether one is. */
  private static boolean isTerminal(int descriptor) {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return target.startsWith("/dev/pts/")
          || target.startsWith("/dev/tty")
          || target.equals("/dev/console");
    } catch (IOException e) {
      return false;
    }
  }

  /** The locale's, in which file names and arguments come too. */
  private static Charset terminalCharset() {
    String name = System.getProperty("sun.jnu.encoding", "UTF-8");
    return Charset.isSupported(name) ? Charset.forName(name) : StandardCharsets.UTF_8;
  }
}
