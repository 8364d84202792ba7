#!/bin/bash
# AWS SDK for Java 2.57.8 with its url-connection-client and retries switched off (AwsRetryStrategy.doNotRetry): a GET whose
# connection ends before its answer comes is sent a second time all the same, by the JDK's HttpURLConnection below it, and the
# caller sees a success. A PUT goes once, and fails: its body is streamed, and cannot be sent again.
#
# So what the SDK says it has sent is not what a server has seen, and a test that cuts a connection there to see a GET fail
# sees it succeed.
#
# Seen here:  get: hello, requests on the wire: 2
#             put: SdkClientException, requests on the wire: 1
# 0: it is so; 1: it has changed; 2: it cannot be tried (no JDK, no Maven, no registry).
set -u
command -v mvn >/dev/null && command -v javac >/dev/null || exit 2
W=$(mktemp -d) || exit 2; trap 'rm -rf "$W"' EXIT; cd "$W" || exit 2
cat > pom.xml <<'X'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
  <groupId>f</groupId><artifactId>f</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>software.amazon.awssdk</groupId><artifactId>s3</artifactId><version>2.57.8</version>
      <exclusions>
        <exclusion><groupId>software.amazon.awssdk</groupId><artifactId>apache-client</artifactId></exclusion>
        <exclusion><groupId>software.amazon.awssdk</groupId><artifactId>apache5-client</artifactId></exclusion>
        <exclusion><groupId>software.amazon.awssdk</groupId><artifactId>netty-nio-client</artifactId></exclusion>
      </exclusions>
    </dependency>
    <dependency><groupId>software.amazon.awssdk</groupId><artifactId>url-connection-client</artifactId><version>2.57.8</version></dependency>
  </dependencies>
</project>
X
mvn -B -q dependency:copy-dependencies -DoutputDirectory=lib >/dev/null || exit 2
cat > Twice.java <<'J'
import java.io.*;
import java.net.*;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import software.amazon.awssdk.auth.credentials.*;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

public class Twice {
  static final AtomicInteger REQUESTS = new AtomicInteger();

  /** Ends each odd connection when it has read the request, and answers on each even one. */
  static void serve(ServerSocket server) {
    try {
      while (true) {
        try (Socket socket = server.accept()) {
          BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream()));
          for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {}
          if (REQUESTS.incrementAndGet() % 2 == 0) {
            socket.getOutputStream().write(
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello".getBytes());
            socket.getOutputStream().flush();
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void tell(String what, Supplier<String> call) {
    REQUESTS.set(0);
    String got;
    try {
      got = call.get();
    } catch (RuntimeException e) {
      got = e.getClass().getSimpleName();
    }
    System.out.println(what + ": " + got + ", requests on the wire: " + REQUESTS.get());
  }

  public static void main(String[] a) throws Exception {
    ServerSocket server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
    URI uri = URI.create("http://127.0.0.1:" + server.getLocalPort());
    Thread thread = new Thread(() -> serve(server));
    thread.setDaemon(true);
    thread.start();
    try (S3Client client =
        S3Client.builder()
            .endpointOverride(uri)
            .region(Region.US_EAST_1)
            .forcePathStyle(true)
            .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("a", "b")))
            .httpClientBuilder(UrlConnectionHttpClient.builder())
            .overrideConfiguration(each -> each.retryStrategy(AwsRetryStrategy.doNotRetry()))
            .build()) {
      tell("get", () -> client.getObjectAsBytes(each -> each.bucket("bucket").key("key")).asUtf8String());
      tell(
          "put",
          () ->
              client
                  .putObject(each -> each.bucket("bucket").key("key"), RequestBody.fromString("hello"))
                  .toString());
    }
  }
}
J
javac -cp 'lib/*' Twice.java 2>/dev/null || exit 2
java -cp 'lib/*:.' Twice 2>err | tee out
grep -qx 'get: hello, requests on the wire: 2' out && grep -qx 'put: SdkClientException, requests on the wire: 1' out && exit 0
exit 1
