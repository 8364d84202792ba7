#!/bin/bash
# AWS SDK for Java 2.57.8 with its url-connection-client on JDK 17: an answer 200 whose connection ends before all the bytes came
# that its Content-Length had promised is a success. getObjectAsBytes gives as many as came; ListObjectsV2, whose answer is XML,
# fails if some came, and lists nothing if none did, with a paginator too. On JDK 25 each is an exception, but that of the
# listing is an UncheckedIOException, and none of the SDK's, as its documentation has it of all that a client can throw.
#
# HttpURLConnection of JDK 17 counts only what is chunked, and the SDK counts nothing; to its parser an answer of no bytes has no
# elements. A server that sends a checksum with the object would be found out, many do not. So who downloads must compare
# lengths himself, and who compares a bucket with what he has (a mirror, a catalogue) takes one for empty that is not. What tells
# an empty listing from none is that it names its bucket and says isTruncated: both are null here.
#
# Seen here, 150 or 0 bytes of what was promised:
#   17: get 150: 150 bytes, get 0: 0 bytes, list 150: SdkClientException, list 0: 0 objects, isTruncated null, paginated 0: 0 objects
#   25: get 150: RetryableException, get 0: RetryableException, list 150: SdkClientException, list 0: UncheckedIOException,
#     paginated 0: UncheckedIOException
# 0: it is so; 1: it has changed; 2: it cannot be tried (no JDK 17 as JAVA_HOME or under /usr/lib/jvm, no Maven, no registry).
set -u
command -v mvn >/dev/null || exit 2
jdk() { # $1: which
  for each in ${JAVA_HOME:+"$JAVA_HOME"} /usr/lib/jvm/*; do
    [ -x "$each/bin/javac" ] && "$each/bin/java" -version 2>&1 | grep -q "version \"$1" && echo "$each" && return
  done
}
old=$(jdk 17)
new=$(jdk 25)
[ -n "$old" ] || exit 2
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
cat > Cut.java <<'J'
import java.io.*;
import java.net.*;
import java.util.function.Supplier;
import software.amazon.awssdk.auth.credentials.*;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;

public class Cut {
  static final byte[] LISTING =
      ("<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
              + "<Name>bucket</Name><Prefix></Prefix><KeyCount>1</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>"
              + "<Contents><Key>key</Key><Size>5</Size></Contents></ListBucketResult>")
          .getBytes();

  static volatile int sent;

  /** Answers each request with as much of the listing as is to be sent, and ends the connection. */
  static void serve(ServerSocket server) {
    try {
      while (true) {
        try (Socket socket = server.accept()) {
          BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream()));
          for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {}
          OutputStream out = socket.getOutputStream();
          out.write(
              ("HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: " + LISTING.length
                      + "\r\nConnection: close\r\n\r\n")
                  .getBytes());
          out.write(LISTING, 0, sent);
          out.flush();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String told(String what, int bytes, Supplier<String> call) {
    sent = bytes;
    try {
      return what + " " + bytes + ": " + call.get();
    } catch (RuntimeException e) {
      return what + " " + bytes + ": " + e.getClass().getSimpleName();
    }
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
      Supplier<String> get =
          () -> client.getObjectAsBytes(each -> each.bucket("bucket").key("key")).asByteArray().length + " bytes";
      Supplier<String> list =
          () -> {
            ListObjectsV2Response page = client.listObjectsV2(each -> each.bucket("bucket"));
            return page.contents().size() + " objects, isTruncated " + page.isTruncated();
          };
      Supplier<String> paginated =
          () -> client.listObjectsV2Paginator(each -> each.bucket("bucket")).contents().stream().count() + " objects";
      System.out.println(
          String.join(", ", told("get", 150, get), told("get", 0, get), told("list", 150, list), told("list", 0, list),
              told("paginated", 0, paginated)));
      if (!told("list", LISTING.length, list).endsWith(": 1 objects, isTruncated false")) System.exit(2);
    }
  }
}
J
"$old/bin/javac" -cp 'lib/*' Cut.java 2>/dev/null || exit 2
seen() { # $1: a JDK, $2: its number
  got=$("$1/bin/java" -cp 'lib/*:.' Cut 2>err) || exit 2
  echo "$2: $got" | tee -a out
}
seen "$old" 17
[ -z "$new" ] || seen "$new" 25
grep -qx '17: get 150: 150 bytes, get 0: 0 bytes, list 150: .*Exception, list 0: 0 objects, isTruncated null, paginated 0: 0 objects' out || exit 1
[ -z "$new" ] || grep -q '^25: get 150: .*Exception, get 0: .*Exception, list 150: .*Exception, list 0: Unchecked' out || exit 1
exit 0
