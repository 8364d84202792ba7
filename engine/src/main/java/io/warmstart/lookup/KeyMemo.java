package io.warmstart.lookup;

import io.warmstart.index.HotEntry;
import io.warmstart.model.Fingerprint;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * What was last found for a key, kept in the key object itself, as a String keeps its hash: a loop
 * that asks for one key again and again need not find its entry in a table each time. No more than
 * a hint of where to look first, by any store and ranking.
 *
 * <p>By a handle, since the key is a public value, and what is found for it is nobody else's
 * business.
 */
final class KeyMemo {
  private static final VarHandle LAST_FOUND;

  static {
    try {
      LAST_FOUND =
          MethodHandles.privateLookupIn(Fingerprint.class, MethodHandles.lookup())
              .findVarHandle(Fingerprint.class, "lastFound", Object.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private KeyMemo() {}

  /** What was last found; null if nothing was. */
  static @Nullable HotEntry get(Fingerprint key) {
    return (HotEntry) LAST_FOUND.getVolatile(key);
  }

  /** Remembers what was found. */
  static void set(Fingerprint key, HotEntry found) {
    if (LAST_FOUND.getVolatile(key) != found) {
      LAST_FOUND.setVolatile(key, found);
    }
  }
}
