package io.warmstart.index;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.AtomicBuffer;

/** A process that dies instead of making one of its stores: see {@link #over}. */
final class DyingProcess {
  /** What a SIGKILL looks like from within. */
  static final class Death extends Error {
    private static final long serialVersionUID = 1L;

    private Death() {
      super("killed", null, false, false);
    }
  }

  private long left = Long.MAX_VALUE;
  private long stores;
  private long loads;

  /** From here on so many stores are made, and no more. */
  void dieAfter(long more) {
    left = more;
    stores = 0;
  }

  /** How many stores it has made since. */
  long stores() {
    return stores;
  }

  /** How many loads it has made since it was born. */
  long loads() {
    return loads;
  }

  /** A buffer of the process over memory that outlives it. */
  AtomicBuffer over(AtomicBuffer memory) {
    return (AtomicBuffer)
        Proxy.newProxyInstance(
            DyingProcess.class.getClassLoader(),
            new Class<?>[] {AtomicBuffer.class},
            (proxy, method, arguments) -> call(memory, method, arguments));
  }

  private Object call(AtomicBuffer memory, Method method, Object[] arguments) throws Throwable {
    if (method.getName().startsWith("put")) {
      if (stores == left) {
        if (method.getName().equals("putBytes")) {
          // No one store: it gets half way.
          int length = (Integer) arguments[3] / 2;
          ((MutableDirectBuffer) memory)
              .putBytes((Integer) arguments[0], (byte[]) arguments[1], 0, length);
        }
        throw new Death();
      }
      stores++;
    } else if (method.getName().startsWith("get")) {
      loads++;
    }
    try {
      return method.invoke(memory, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
