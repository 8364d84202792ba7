package io.warmstart.stress.remote;

import io.warmstart.model.StoreException;
import io.warmstart.remote.store.ObjectStore;
import io.warmstart.remote.store.ObjectStores;
import io.warmstart.stress.frame.SkippedException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.UUID;

/** A prefix of its own in a bucket, on the server that {@link #SERVER} names, behind a relay. */
public final class BucketPlace implements RemotePlace {
  /** The variable that names a server; credentials are where the AWS SDK looks for them. */
  public static final String SERVER = "WARMSTART_S3";

  private static final String BUCKET = "warmstart-tests";

  private final String prefix = "stress-" + UUID.randomUUID();
  private final ObjectStore direct;
  private final Relay relay;

  /**
   * Opens one.
   *
   * @throws SkippedException if no server is named, or it has no bucket for tests
   */
  public BucketPlace() throws IOException {
    String named = System.getenv(SERVER);
    if (named == null || named.isEmpty()) {
      throw new SkippedException("no server is named: " + SERVER + "=http://HOST:PORT");
    }
    URI server = URI.create(named);
    try {
      this.direct = ObjectStores.open(address(server));
      direct.list("");
    } catch (IOException | StoreException e) {
      throw new SkippedException("the bucket " + BUCKET + " cannot be used: " + e.getMessage());
    }
    this.relay = new Relay(new InetSocketAddress(server.getHost(), server.getPort()));
  }

  private URI address(URI server) {
    return URI.create("s3://" + BUCKET + "/" + prefix + "?endpoint=" + server);
  }

  @Override
  public String kind() {
    return "a bucket";
  }

  @Override
  public URI url() {
    return address(URI.create("http://127.0.0.1:" + relay.port()));
  }

  @Override
  public void takeAway() throws IOException {
    relay.down();
  }

  @Override
  public void bringBack() throws IOException {
    relay.up();
  }

  @Override
  public void close() throws IOException {
    relay.close();
    try (direct) {
      for (String each : direct.list("")) {
        direct.delete(each);
      }
    }
  }
}
