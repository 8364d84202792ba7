package io.warmstart.remote.s3;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import io.warmstart.model.Payload;
import io.warmstart.model.RemoteCheck;
import io.warmstart.model.S3Address;
import io.warmstart.payload.Sha256;
import io.warmstart.remote.RemoteCheckFlow;
import io.warmstart.remote.s3.ScriptedServer.Asked;
import io.warmstart.remote.store.RefusedException;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is asked of a server, and what its answers are taken for. */
@Timeout(60)
class S3AnswersTest {
  private static final String SECRET = "not-to-be-told";
  private static final Payload BYTES = Payload.of(new byte[] {1, 2, 3});

  private ScriptedServer server;
  private S3ObjectStore store;

  @BeforeEach
  void start() throws IOException {
    System.setProperty("aws.accessKeyId", "AKID");
    System.setProperty("aws.secretAccessKey", SECRET);
    server = new ScriptedServer();
    store = new S3ObjectStore(server.address(), Duration.ofSeconds(10), Duration.ofSeconds(10));
  }

  @AfterEach
  void stop() {
    store.close();
    server.close();
    System.clearProperty("aws.accessKeyId");
    System.clearProperty("aws.secretAccessKey");
  }

  private static String ask(S3ObjectStore of, String call) throws IOException {
    return switch (call) {
      case "list" -> String.valueOf(of.list(""));
      case "get" -> {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        of.get("k/o", (piece, count) -> bytes.write(piece, 0, count));
        yield bytes.toString(StandardCharsets.UTF_8);
      }
      case "put" -> String.valueOf(of.putIfAbsent("k/o", BYTES));
      default -> String.valueOf(of.delete("k/o"));
    };
  }

  @Test
  void aPutIsOnePlainRequestOnTheConditionThatThereIsNone() throws IOException {
    server.then(200, "");
    byte[] bytes = new byte[200_000];
    bytes[199_999] = 7;

    assertTrue(store.putIfAbsent("k/o p", Payload.of(bytes)));

    Asked put = server.asked().get(0);
    assertEquals("PUT /fits/x/k/o%20p", put.line());
    assertArrayEquals(bytes, put.body());
    assertEquals("*", put.header("If-None-Match"));
    // A server checks it; others than Amazon's know neither trailers nor signed chunks.
    Sha256 sha256 = new Sha256();
    sha256.update(bytes, bytes.length);
    assertEquals(sha256.finish().toHex(), put.header("x-amz-content-sha256"));
    assertEquals("200000", put.header("Content-Length"));
    for (String each : List.of("x-amz-trailer", "Content-Encoding", "Transfer-Encoding")) {
      assertNull(put.header(each), each);
    }
    assertEquals(1, server.asked().size());
  }

  @Test
  void aNameThatIsTakenIsNoFailure() throws IOException {
    server.thenError(412, "PreconditionFailed");
    assertFalse(store.putIfAbsent("k/o", BYTES));
    assertEquals(1, server.asked().size());
  }

  @ParameterizedTest
  @CsvSource({
    "put, 409, ConditionalRequestConflict",
    "put, 409, ConcurrentModification",
    "put, 503, SlowDown",
    "put, 500, InternalError",
    "get, 503, SlowDown",
    "delete, 503, SlowDown",
    "list, 503, ServiceUnavailable",
    "list, 429, TooManyRequests",
    "put, 400, RequestTimeout"
  })
  void whatIsAnsweredNotNowIsAskedAgain(String call, int status, String code) throws IOException {
    server.thenError(status, code).thenError(status, code);
    server.then(
        call.equals("delete") ? 204 : 200,
        call.equals("list")
            ? "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
            : "");

    ask(store, call);

    assertEquals(3, server.asked().size());
  }

  @Test
  void butNotForEver() {
    for (int answer = 0; answer < 4; answer++) {
      server.thenError(503, "SlowDown");
    }
    IOException failure = assertThrows(IOException.class, () -> store.putIfAbsent("k/o", BYTES));
    assertFalse(failure instanceof RefusedException, failure.toString());
    assertTrue(failure.toString().contains("503 SlowDown"), failure.toString());
    assertEquals(4, server.asked().size());
  }

  /** Its answer to the second of them would be "taken": by the first. */
  @Test
  void aPutThatGetsNoAnswerIsNotSentAgainButLookedFor() throws IOException {
    server.then(HttpExchange::close).thenError(404, "NoSuchKey");
    assertThrows(IOException.class, () -> store.putIfAbsent("k/o", BYTES));
    server.then(HttpExchange::close).then(S3AnswersTest::object);
    assertFalse(store.putIfAbsent("k/o", BYTES));

    List<String> lines = server.asked().stream().map(Asked::line).toList();
    String put = "PUT /fits/x/k/o";
    String head = "HEAD /fits/x/k/o";
    assertEquals(List.of(put, head, put, head), lines);
  }

  /**
   * A server may answer "taken" before it has read a body, and the client then finds a broken
   * connection. A payload whose manifest had not come was put again and again.
   */
  @Test
  void aLargeBodyThatIsNotReadIsLookedFor() throws IOException {
    server.thenErrorAtOnce(412).then(S3AnswersTest::object);
    assertFalse(store.putIfAbsent("k/o", Payload.of(new byte[30 << 20])));
  }

  private static void object(HttpExchange exchange) throws IOException {
    exchange.getResponseHeaders().set("Last-Modified", "Sat, 28 Nov 2026 10:00:00 GMT");
    exchange.sendResponseHeaders(200, -1);
  }

  @ParameterizedTest
  @CsvSource({
    "list, 403, AccessDenied",
    "list, 403, InvalidAccessKeyId",
    "get, 403, RequestTimeTooSkewed",
    "put, 403, SignatureDoesNotMatch",
    "delete, 403, AccessDenied",
    "list, 404, NoSuchBucket",
    "get, 404, NoSuchBucket",
    "put, 404, NoSuchBucket",
    "list, 301, PermanentRedirect",
    "put, 400, ExpiredToken",
    "put, 501, NotImplemented"
  })
  void whatWillBeRefusedAgainIsToldSo(String call, int status, String code) {
    server.thenError(status, code);
    RefusedException refused = assertThrows(RefusedException.class, () -> ask(store, call));
    assertTrue(refused.toString().contains(status + " " + code), refused.toString());
    assertTrue(refused.toString().contains("s3://fits/x/"), refused.toString());
    for (Throwable each = refused; each != null; each = each.getCause()) {
      assertFalse(each.toString().contains(SECRET), each.toString());
    }
    assertEquals(1, server.asked().size());
  }

  @Test
  void anObjectThatIsNotThereIsNoSuchFile() throws IOException {
    server.thenError(404, "NoSuchKey").thenError(404, "NoSuchKey").then(204, "");
    assertThrows(NoSuchFileException.class, () -> ask(store, "get"));
    assertFalse(store.delete("k/o"));
    assertTrue(store.delete("k/o"));
  }

  @Test
  void aListingGoesOnUntilItsEnd() throws IOException {
    server.then(200, page("k/a", "<IsTruncated>true</IsTruncated>" + next("n&amp;1")));
    server.then(200, page("k/b%2Bc", "<IsTruncated>false</IsTruncated>"));

    assertEquals(List.of("k/a", "k/b+c"), store.list("k/"));

    assertTrue(server.asked().get(0).line().contains("prefix=x%2Fk%2F"));
    assertTrue(server.asked().get(1).line().contains("continuation-token=n%261"));
  }

  @Test
  void aListingThatGoesNowhereEnds() {
    server.then(200, page("k/a", "<IsTruncated>true</IsTruncated>" + next("n")));
    server.then(200, page("k/a", "<IsTruncated>true</IsTruncated>" + next("n")));
    IOException failure = assertThrows(IOException.class, () -> store.list("k/"));
    assertTrue(failure.toString().contains("not where"), failure.toString());
  }

  private static String page(String key, String rest) {
    return "<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>x/"
        + key
        + "</Key></Contents>"
        + rest
        + "</ListBucketResult>";
  }

  private static String next(String token) {
    return "<NextContinuationToken>" + token + "</NextContinuationToken>";
  }

  @Test
  void aBodyThatEndsTooSoonIsNoObject() {
    server.then(
        exchange -> {
          exchange.sendResponseHeaders(200, 1000);
          exchange.getResponseBody().write(new byte[400]);
          exchange.getResponseBody().flush();
        });
    assertThrows(IOException.class, () -> ask(store, "get"));
  }

  /** What was cut off before its first byte was taken for a key that nobody has there. */
  @ParameterizedTest
  @ValueSource(strings = {"", "<ListBucketResult><Contents><Key>x/a"})
  void aListingThatIsCutOffIsAFailureOfTheRemote(String half) {
    server.then(
        exchange -> {
          exchange.sendResponseHeaders(200, 1000);
          exchange.getResponseBody().write(half.getBytes(StandardCharsets.UTF_8));
          exchange.getResponseBody().flush();
        });
    IOException told = assertThrows(IOException.class, () -> ask(store, "list"));
    assertTrue(told.toString().contains("list remote="), told.toString());
  }

  /**
   * The SDK tells of it by an exception that no remote fails with, and which went on to callers.
   */
  @Test
  void aConnectionThatIsResetWithinAListingIsAFailureOfTheRemote() throws Exception {
    try (ServerSocket reset = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        S3ObjectStore asks =
            new S3ObjectStore(
                S3Address.of(
                    URI.create("s3://fits/x?endpoint=http://127.0.0.1:" + reset.getLocalPort())))) {
      Thread answers =
          new Thread(
              () -> {
                try (Socket socket = reset.accept()) {
                  BufferedReader request =
                      new BufferedReader(
                          new InputStreamReader(
                              socket.getInputStream(), StandardCharsets.US_ASCII));
                  while (!request.readLine().isEmpty()) {
                    // Its headers.
                  }
                  socket
                      .getOutputStream()
                      .write(
                          "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
                              .getBytes(StandardCharsets.US_ASCII));
                  // A reset takes with it what has not been read: nothing tells that it was.
                  LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
                  socket.setSoLinger(true, 0);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      answers.start();
      IOException told = assertThrows(IOException.class, () -> ask(asks, "list"));
      assertTrue(told.toString().contains("list remote="), told.toString());
      answers.join();
    }
  }

  /** A cache that gave each read a time of its own held a build for 16 minutes. */
  @Test
  void aBodyThatTricklesIsGivenUp() {
    CountDownLatch given = new CountDownLatch(1);
    server.then(
        exchange -> {
          exchange.sendResponseHeaders(200, 1 << 20);
          while (given.getCount() > 0) {
            exchange.getResponseBody().write(1);
            exchange.getResponseBody().flush();
          }
        });
    try (S3ObjectStore hasty =
        new S3ObjectStore(server.address(), Duration.ofSeconds(10), Duration.ofMillis(50))) {
      assertInstanceOf(
          SocketTimeoutException.class, assertThrows(IOException.class, () -> ask(hasty, "get")));
    } finally {
      given.countDown();
    }
  }

  @ParameterizedTest
  @CsvSource({"list", "get", "put", "delete"})
  void aServerThatSaysNothingIsGivenUp(String call) {
    CountDownLatch given = new CountDownLatch(1);
    server.then(
        exchange -> {
          try {
            given.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    try (S3ObjectStore hasty =
        new S3ObjectStore(server.address(), Duration.ofMillis(300), Duration.ofMillis(300))) {
      assertThrows(IOException.class, () -> ask(hasty, call));
      assertFalse(Thread.interrupted(), "its way to end it");
    } finally {
      given.countDown();
    }
  }

  @Test
  void whatIsClosedAsksNothing() {
    store.close();
    assertThrows(IOException.class, () -> ask(store, "list"));
    assertEquals(List.of(), server.asked());
  }

  /** Servers have taken the condition and ignored it: two had the lock at once. */
  @Test
  void aServerThatIgnoresConditionsFailsTheCheck() {
    server.then(200, "").then(200, "").then(204, "").thenError(404, "NoSuchKey");

    RemoteCheck check = RemoteCheckFlow.run(store);

    assertFalse(check.passed());
    assertEquals(3, check.steps().size(), check::toString);
    assertTrue(check.steps().get(1).found().contains("ignores conditions"), check::toString);
    assertTrue(check.steps().get(2).passed(), check::toString);
    String put = server.asked().get(0).line();
    assertEquals(put, server.asked().get(1).line());
    assertEquals(put.replace("PUT", "DELETE"), server.asked().get(2).line());
  }

  /** It said that what was made stays for want of rights, of a bucket that is not there. */
  @Test
  void aBucketThatIsNotThereFailsTheCheckAndKeepsNothing() {
    server.thenError(404, "NoSuchBucket").thenError(404, "NoSuchBucket");

    RemoteCheck check = RemoteCheckFlow.run(store);

    assertFalse(check.passed());
    assertEquals(1, check.steps().size(), check::toString);
    assertEquals(2, server.asked().size());
  }
}
