package io.warmstart;

import io.warmstart.remote.store.ObjectStore;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A remote that lies far away, where something happens before each request. */
public final class DistantObjectStore {
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final ObjectStore store;
  private final boolean distant;
  private volatile Before before = (request, nth) -> {};

  /** What happens. */
  public interface Before {
    /**
     * A request is about to be made.
     *
     * @param request {@code list}, {@code get manifest RUN}, {@code get payload RUN}, or the call
     * @param nth how many of the same there have been, this one among them
     */
    void request(String request, long nth) throws IOException;
  }

  public DistantObjectStore(ObjectStore store, boolean distant) {
    this.store = store;
    this.distant = distant;
  }

  /** Has something happen from now on, and forgets what was asked. */
  void before(Before each) {
    before = each;
    requests.clear();
  }

  /** What was asked, in the order in which it was begun. */
  List<String> requests() {
    return List.copyOf(requests);
  }

  long count(String request) {
    return requests.stream().filter(request::equals).count();
  }

  private static String named(String call, String object) {
    if (!call.equals("get")) {
      return call;
    }
    String file = object.substring(object.indexOf('/') + 1);
    return "get "
        + (file.endsWith(".json") ? "manifest " : "payload ")
        + file.substring(0, file.indexOf('.'));
  }

  public ObjectStore asObjectStore() {
    return (ObjectStore)
        Proxy.newProxyInstance(
            ObjectStore.class.getClassLoader(),
            new Class<?>[] {ObjectStore.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("isDistant")) {
                return distant;
              }
              if (arguments != null && arguments[0] instanceof String object) {
                String request = named(method.getName(), object);
                requests.add(request);
                before.request(request, count(request));
              }
              try {
                return method.invoke(store, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
