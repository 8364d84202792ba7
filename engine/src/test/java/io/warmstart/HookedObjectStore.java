package io.warmstart;

import io.warmstart.remote.store.ObjectStore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/** A remote where something happens in the middle of what somebody does. */
public final class HookedObjectStore {
  private HookedObjectStore() {}

  /** What happens. */
  public interface Hook {
    /**
     * A call has had its effect, and has not returned yet.
     *
     * @param name of its object
     */
    void after(String call, String name) throws Exception;
  }

  public static ObjectStore of(ObjectStore store, Hook hook) {
    return (ObjectStore)
        Proxy.newProxyInstance(
            ObjectStore.class.getClassLoader(),
            new Class<?>[] {ObjectStore.class},
            (proxy, method, arguments) -> call(store, hook, method, arguments));
  }

  private static Object call(ObjectStore store, Hook hook, Method method, Object[] arguments)
      throws Throwable {
    try {
      Object result = method.invoke(store, arguments);
      if (arguments != null && arguments.length > 0) {
        hook.after(method.getName(), (String) arguments[0]);
      }
      return result;
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
