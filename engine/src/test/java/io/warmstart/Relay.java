package io.warmstart;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Stands between a client and an HTTP server, hands on what both say, and has one request fail. It
 * takes each request for one piece of what a connection carries until it is answered.
 */
final class Relay implements AutoCloseable {
  private static final int PIECE_BYTES = 64 * 1024;

  /** How a request fails; each by a reset of its connection. */
  enum Fault {
    /** Nothing of it arrives. */
    REQUEST,
    /** It has its effect, and its answer is lost. */
    ANSWER,
    /** Of its answer's body a part arrives. What is cut before that, the JDK asks for again. */
    CUT
  }

  private final InetSocketAddress server;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private ServerSocket listening;
  private final int port;
  private boolean closed;

  // Under the monitor.
  private @Nullable Fault fault;
  private int left;
  private boolean downThen;
  private boolean down;
  private int requests;

  Relay(InetSocketAddress server) throws IOException {
    this.server = server;
    this.listening = listen(0);
    this.port = listening.getLocalPort();
  }

  private ServerSocket listen(int at) throws IOException {
    ServerSocket made = new ServerSocket();
    made.setReuseAddress(true);
    made.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), at));
    start(() -> accept(made));
    return made;
  }

  int port() {
    return port;
  }

  /** Has one request fail, once. */
  synchronized void failAfter(int before, Fault how) {
    fault = how;
    left = before;
  }

  /** Has all fail after some, as of a server that was stopped. */
  synchronized void downAfter(int before) {
    failAfter(before, Fault.REQUEST);
    downThen = true;
  }

  /** Whether the request that fails was made. */
  synchronized boolean reached() {
    return fault == null;
  }

  synchronized int requests() {
    return requests;
  }

  /** Refuses connections, and resets those that there are. */
  synchronized void down() throws IOException {
    down = true;
    listening.close();
    sockets.forEach(Relay::reset);
  }

  synchronized void up() throws IOException {
    down = false;
    listening = listen(port);
  }

  /** Whether a request that has come, or its answer, is to fail now. */
  private synchronized @Nullable Fault arrived() {
    requests++;
    if (fault == null || left-- > 0) {
      return null;
    }
    Fault now = fault;
    fault = null;
    return now;
  }

  private static void start(Runnable work) {
    Thread thread = new Thread(work, "relay");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept(ServerSocket from) {
    try {
      while (true) {
        Connection connection = new Connection(from.accept(), new Socket());
        start(connection::requests);
      }
    } catch (IOException e) {
      if (!from.isClosed()) {
        throw new AssertionError("relay", e);
      }
    }
  }

  /** Without what was still to be sent. */
  private static void reset(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (SocketException e) {
      // Closed by the thread of the other direction.
      if (!socket.isClosed()) {
        throw new AssertionError("relay", e);
      }
    } catch (IOException e) {
      throw new AssertionError("relay", e);
    }
  }

  private final class Connection {
    private final Socket client;
    private final Socket upstream;
    private volatile @Nullable Fault failing;

    private Connection(Socket client, Socket upstream) {
      this.client = client;
      this.upstream = upstream;
      sockets.add(client);
      sockets.add(upstream);
    }

    private void end() {
      reset(client);
      reset(upstream);
      sockets.remove(client);
      sockets.remove(upstream);
    }

    private void requests() {
      try {
        upstream.connect(server);
        upstream.setTcpNoDelay(true);
        client.setTcpNoDelay(true);
        start(this::answers);
        InputStream in = client.getInputStream();
        OutputStream out = upstream.getOutputStream();
        byte[] piece = new byte[PIECE_BYTES];
        for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
          if (beginsRequest(piece, count)) {
            failing = arrived();
            if (failing == Fault.REQUEST) {
              break;
            }
          }
          out.write(piece, 0, count);
        }
      } catch (SocketException e) {
        // One of the two has gone.
      } catch (IOException e) {
        throw new AssertionError("relay", e);
      } finally {
        end();
        goDown();
      }
    }

    private void goDown() {
      synchronized (Relay.this) {
        if (failing == Fault.REQUEST && downThen && !down && !closed) {
          downThen = false;
          try {
            down();
          } catch (IOException e) {
            throw new AssertionError("relay", e);
          }
        }
      }
    }

    private void answers() {
      try {
        InputStream in = upstream.getInputStream();
        OutputStream out = client.getOutputStream();
        boolean inBody = false;
        byte[] piece = new byte[PIECE_BYTES];
        for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
          if (failing == Fault.ANSWER) {
            break;
          }
          if (failing == Fault.CUT && (inBody || hasBody(piece, count))) {
            out.write(piece, 0, count - 1);
            break;
          }
          inBody = failing == Fault.CUT;
          out.write(piece, 0, count);
        }
      } catch (SocketException e) {
        // One of the two has gone.
      } catch (IOException e) {
        throw new AssertionError("relay", e);
      } finally {
        end();
      }
    }
  }

  /** Of the first piece of an answer. */
  private static boolean hasBody(byte[] piece, int count) {
    String text = new String(piece, 0, count, StandardCharsets.ISO_8859_1);
    int end = text.indexOf("\r\n\r\n");
    return end >= 0 && end + 4 < count;
  }

  private static boolean beginsRequest(byte[] piece, int count) {
    String begin = new String(piece, 0, Math.min(count, 7), StandardCharsets.US_ASCII);
    return begin.matches("(?s)(GET|PUT|HEAD|POST|DELETE) ?/?.*");
  }

  @Override
  public synchronized void close() throws IOException {
    closed = true;
    down();
  }
}
