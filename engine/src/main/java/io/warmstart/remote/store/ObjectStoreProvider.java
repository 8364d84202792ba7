package io.warmstart.remote.store;

import java.net.URI;

/** A kind of remote with needs of its own, which who has none of that kind does not have. */
public interface ObjectStoreProvider {
  /** That of the addresses that mean this kind. */
  String scheme();

  /**
   * Opens a remote, without a request.
   *
   * @throws io.warmstart.model.StoreException if what it needs is not on the class path
   */
  ObjectStore open(URI url);
}
