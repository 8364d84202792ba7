package io.warmstart.remote.s3;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.warmstart.model.S3Address;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** Answers what it was told to, request by request, whatever is asked. It is no S3. */
final class ScriptedServer implements AutoCloseable {
  /** What came. */
  static final class Asked {
    private final String line;
    private final Headers headers;
    private final byte[] body;

    private Asked(String line, Headers headers, byte[] body) {
      this.line = line;
      this.headers = headers;
      this.body = body;
    }

    String line() {
      return line;
    }

    @Nullable String header(String name) {
      return headers.getFirst(name);
    }

    byte[] body() {
      return body.clone();
    }
  }

  /** Answers a request. */
  interface Answer {
    void give(HttpExchange to) throws IOException;
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  private record Step(Answer answer, boolean reads) {}

  private final Queue<Step> steps = new ArrayDeque<>();
  private final List<Asked> asked = new CopyOnWriteArrayList<>();

  ScriptedServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.setExecutor(threads);
    server.start();
  }

  S3Address address() {
    return S3Address.of(
        URI.create("s3://fits/x?endpoint=http://127.0.0.1:" + server.getAddress().getPort()));
  }

  List<Asked> asked() {
    return asked;
  }

  ScriptedServer then(Answer answer) {
    return then(new Step(answer, true));
  }

  private ScriptedServer then(Step step) {
    synchronized (steps) {
      steps.add(step);
    }
    return this;
  }

  /** Answers before the body has come, and takes no more of that. */
  ScriptedServer thenErrorAtOnce(int status) {
    return then(new Step(exchange -> exchange.sendResponseHeaders(status, -1), false));
  }

  ScriptedServer then(int status, String body) {
    return then(
        exchange -> {
          byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
          exchange.getResponseBody().write(bytes);
        });
  }

  ScriptedServer thenError(int status, String code) {
    return then(status, "<Error><Code>" + code + "</Code><Message>m</Message></Error>");
  }

  private void answer(HttpExchange exchange) throws IOException {
    Step step;
    synchronized (steps) {
      step = steps.remove();
    }
    byte[] body = step.reads() ? exchange.getRequestBody().readAllBytes() : new byte[0];
    asked.add(
        new Asked(
            exchange.getRequestMethod() + " " + exchange.getRequestURI(),
            exchange.getRequestHeaders(),
            body));
    try (exchange) {
      step.answer().give(exchange);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
