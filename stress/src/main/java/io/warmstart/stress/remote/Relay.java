package io.warmstart.stress.remote;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Hands on what a client and a server say, and cuts all of it while it is down. */
final class Relay implements AutoCloseable {
  private static final int PIECE_BYTES = 64 * 1024;

  private final InetSocketAddress server;
  private final int port;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

  // Under the monitor.
  private ServerSocket listening;

  Relay(InetSocketAddress server) throws IOException {
    this.server = server;
    this.listening = listen(0);
    this.port = listening.getLocalPort();
  }

  int port() {
    return port;
  }

  private ServerSocket listen(int at) throws IOException {
    ServerSocket made = new ServerSocket();
    made.setReuseAddress(true);
    made.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), at));
    start(() -> accept(made));
    return made;
  }

  private static void start(Runnable work) {
    Thread thread = new Thread(work, "relay");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept(ServerSocket made) {
    try {
      while (true) {
        Socket client = made.accept();
        Socket upstream = new Socket();
        sockets.add(client);
        sockets.add(upstream);
        start(() -> connect(made, client, upstream));
      }
    } catch (IOException e) {
      // It is down.
    }
  }

  private void connect(ServerSocket of, Socket client, Socket upstream) {
    try {
      upstream.setTcpNoDelay(true);
      client.setTcpNoDelay(true);
      upstream.connect(server);
      start(() -> pump(upstream, client));
      if (of.isClosed()) {
        throw new SocketException("down meanwhile");
      }
      pump(client, upstream);
    } catch (IOException e) {
      close(client, upstream);
    }
  }

  private void pump(Socket from, Socket to) {
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] piece = new byte[PIECE_BYTES];
      for (int length = in.read(piece); length >= 0; length = in.read(piece)) {
        out.write(piece, 0, length);
      }
    } catch (IOException e) {
      // No matter who has cut it, both are over.
    }
    close(from, to);
  }

  private void close(Socket... both) {
    for (Socket each : both) {
      sockets.remove(each);
      try {
        each.close();
      } catch (IOException e) {
        // It is of no more use in either case.
      }
    }
  }

  synchronized void down() throws IOException {
    listening.close();
    close(sockets.toArray(Socket[]::new));
  }

  synchronized void up() throws IOException {
    listening = listen(port);
  }

  @Override
  public void close() throws IOException {
    down();
  }
}
