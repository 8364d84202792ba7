package io.warmstart.stress.worker;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * A worker's talk with its scenario: it says whole lines, and stops at a line, or the end, of its
 * standard input. Safe for all threads.
 */
final class Dialogue {
  private final PrintStream out = System.out;
  private volatile boolean stopped;

  /** Begins to listen. */
  void begin() {
    Thread listener = new Thread(this::listen, "orders");
    listener.setDaemon(true);
    listener.start();
  }

  private void listen() {
    try (BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      orders.readLine();
    } catch (IOException e) {
      // As good as its end.
    }
    stopped = true;
  }

  boolean stopped() {
    return stopped;
  }

  /** Says a line; those of several threads stay whole. */
  void say(String line) {
    synchronized (out) {
      out.print(line + "\n");
      out.flush();
    }
  }
}
