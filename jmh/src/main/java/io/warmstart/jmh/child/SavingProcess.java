package io.warmstart.jmh.child;

import io.warmstart.jmh.child.SavingChild.Orders;
import io.warmstart.jmh.peer.ForkFlags;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;

/** Another JVM that saves from {@link #go} to {@link #stop}. */
public final class SavingProcess implements AutoCloseable {
  private final Process process;
  private final BufferedReader output;

  private SavingProcess(Process process) {
    this.process = process;
    this.output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /** Starts it, and waits until it has opened the store. */
  public static SavingProcess start(Orders orders) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ForkFlags.of(orders.kind()));
    command.add("-Xmx512m");
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(SavingChild.class.getName());
    command.addAll(List.of(orders.toArguments()));
    SavingProcess started =
        new SavingProcess(
            new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
    started.readUntil(SavingChild.READY);
    return started;
  }

  private void readUntil(String expected) throws IOException {
    String line;
    // Some stores greet on standard output.
    while ((line = output.readLine()) != null) {
      if (line.equals(expected)) {
        return;
      }
    }
    throw new IOException("the saving process ended before it was ready");
  }

  /** Lets it save. */
  public void go() throws IOException {
    sendLine();
  }

  /**
   * What it has done.
   *
   * @param nanos of the saves that did not fail
   */
  public record Saves(Histogram nanos, long failed) {}

  /** Stops it. */
  public Saves stop() throws IOException {
    sendLine();
    String last = "";
    String line;
    while ((line = output.readLine()) != null) {
      last = line;
    }
    try {
      int status = process.waitFor();
      if (status != 0) {
        throw new IOException("the saving process failed: status=" + status);
      }
      String[] words = last.split(" ", -1);
      Histogram nanos =
          Histogram.decodeFromCompressedByteBuffer(
              ByteBuffer.wrap(Base64.getDecoder().decode(words[1])), 0);
      return new Saves(nanos, Long.parseLong(words[0]));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for the saving process", e);
    } catch (DataFormatException e) {
      throw new IOException("the saving process printed no histogram: line=" + last, e);
    }
  }

  /** Leaves it alone, as a process that dies does; returns its process. */
  Process abandon() throws IOException {
    process.getOutputStream().close();
    return process;
  }

  private void sendLine() throws IOException {
    OutputStream input = process.getOutputStream();
    input.write('\n');
    input.flush();
  }

  /** Kills it if it still runs. */
  @Override
  public void close() {
    process.destroyForcibly();
  }
}
