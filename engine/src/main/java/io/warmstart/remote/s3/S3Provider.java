package io.warmstart.remote.s3;

import io.warmstart.model.S3Address;
import io.warmstart.model.StoreException;
import io.warmstart.remote.store.ObjectStore;
import io.warmstart.remote.store.ObjectStoreProvider;
import java.net.URI;

/** Opens remotes of S3, if the AWS SDK is there. */
public final class S3Provider implements ObjectStoreProvider {
  /** What it cannot do without: a class, and the artifact that brings it. */
  private enum Needed {
    CLIENT("software.amazon.awssdk.services.s3.S3Client", "s3"),
    HTTP(
        "software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient",
        "url-connection-client");

    private final String className;
    private final String artifact;

    Needed(String className, String artifact) {
      this.className = className;
      this.artifact = artifact;
    }
  }

  @Override
  public String scheme() {
    return S3Address.SCHEME;
  }

  @Override
  public ObjectStore open(URI url) {
    for (Needed each : Needed.values()) {
      require(each);
    }
    return new S3ObjectStore(S3Address.of(url));
  }

  private static void require(Needed needed) {
    try {
      Class.forName(needed.className, false, S3Provider.class.getClassLoader());
    } catch (ClassNotFoundException | NoClassDefFoundError e) {
      throw new StoreException(
          "a remote of s3 needs the AWS SDK for Java 2: expected=software.amazon.awssdk:s3 and"
              + " software.amazon.awssdk:url-connection-client (of the command line:"
              + " warmstart-s3.jar beside warmstart.jar) actual=no software.amazon.awssdk:"
              + needed.artifact,
          e);
    }
  }
}
