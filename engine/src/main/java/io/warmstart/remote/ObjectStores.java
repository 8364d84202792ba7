package io.warmstart.remote;

import io.warmstart.model.RemoteOptions;
import io.warmstart.model.StoreException;
import java.nio.file.Path;

/** Which kind of remote an address means. */
public final class ObjectStores {
  private ObjectStores() {}

  /**
   * Opens a remote, without a request.
   *
   * @param root the store's own, by its real path
   * @throws StoreException if it is the root itself, or lies in it, or the other way round
   */
  public static ObjectStore open(RemoteOptions options, Path root) {
    FileObjectStore store = new FileObjectStore(Path.of(options.url()));
    Path there = store.realPath();
    if (there.startsWith(root) || root.startsWith(there)) {
      throw new StoreException(
          "a remote must lie outside its root, and a root outside its remote: root="
              + root
              + " remote="
              + there);
    }
    return store;
  }
}
