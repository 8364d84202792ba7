package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.warmstart.remote.store.ObjectStore;
import io.warmstart.remote.store.ObjectStores;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.UUID;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.BucketAlreadyExistsException;
import software.amazon.awssdk.services.s3.model.BucketAlreadyOwnedByYouException;

/**
 * A prefix of its own in a bucket of a real server, behind a relay. The variable {@link #SERVER}
 * names the server; credentials are where the AWS SDK looks for them.
 */
final class BucketPlace implements RemotePlace {
  static final String SERVER = "WARMSTART_S3";

  /** Why a test was skipped. */
  static final String MISSING =
      "no server is named: WARMSTART_S3=http://HOST:PORT AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…";

  private static final String BUCKET = "warmstart-tests";

  private final String prefix = "t-" + UUID.randomUUID();
  private final Relay relay;
  private final ObjectStore direct;

  BucketPlace() throws IOException {
    String named = System.getenv(SERVER);
    assertNotNull(named, MISSING);
    URI server = URI.create(named);
    makeBucket(server);
    relay = new Relay(new InetSocketAddress(server.getHost(), server.getPort()));
    direct = ObjectStores.open(address(server));
  }

  private static void makeBucket(URI server) {
    try (S3Client client =
        S3Client.builder()
            .httpClientBuilder(UrlConnectionHttpClient.builder())
            .endpointOverride(server)
            .region(Region.US_EAST_1)
            .forcePathStyle(true)
            .build()) {
      client.createBucket(each -> each.bucket(BUCKET));
    } catch (BucketAlreadyOwnedByYouException | BucketAlreadyExistsException e) {
      // Another test has made it.
    }
  }

  private URI address(URI server) {
    return URI.create("s3://" + BUCKET + "/" + prefix + "?endpoint=" + server);
  }

  Relay relay() {
    return relay;
  }

  @Override
  public URI url() {
    return address(URI.create("http://127.0.0.1:" + relay.port()));
  }

  @Override
  public ObjectStore objects() {
    return direct;
  }

  @Override
  public void takeAway() throws IOException {
    relay.down();
  }

  @Override
  public String toldThen() {
    return "ConnectException";
  }

  @Override
  public void bringBack() throws IOException {
    relay.up();
  }

  @Override
  public void close() throws IOException {
    for (String each : direct.list("")) {
      direct.delete(each);
    }
    direct.close();
    relay.close();
  }
}
