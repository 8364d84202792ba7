package io.warmstart.remote.store;

import io.warmstart.model.RemoteOptions;
import io.warmstart.model.StoreException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ServiceLoader;

/** Which kind of remote an address means. */
public final class ObjectStores {
  private ObjectStores() {}

  /**
   * Opens the remote of a root, without a request.
   *
   * @param root the store's own, by its real path
   * @throws StoreException if it is the root itself, or lies in it, or the other way round; or if
   *     what its kind needs is not on the class path
   */
  public static ObjectStore open(RemoteOptions options, Path root) {
    ObjectStore store = open(options.url());
    if (store instanceof FileObjectStore directory) {
      Path there = directory.realPath();
      if (there.startsWith(root) || root.startsWith(there)) {
        throw new StoreException(
            "a remote must lie outside its root, and a root outside its remote: root="
                + root
                + " remote="
                + there);
      }
    }
    return store;
  }

  /**
   * Opens a remote, without a request.
   *
   * @throws StoreException if what its kind needs is not on the class path
   */
  public static ObjectStore open(URI url) {
    if ("file".equals(url.getScheme())) {
      return new FileObjectStore(Path.of(url));
    }
    // Only now: who has no such remote need not even have its classes.
    for (ObjectStoreProvider each :
        ServiceLoader.load(ObjectStoreProvider.class, ObjectStores.class.getClassLoader())) {
      if (each.scheme().equals(url.getScheme())) {
        return each.open(url);
      }
    }
    throw new StoreException("remote: expected=a kind that is provided actual=" + url);
  }
}
