package io.warmstart;

import io.warmstart.index.SharedPlace;
import io.warmstart.io.FileOps;
import io.warmstart.io.IdleDescriptors;
import io.warmstart.io.SparingFileOps;
import io.warmstart.io.StandardDescriptors;
import io.warmstart.payload.PayloadCache;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The engines of this JVM, one for each root, mode and lock file. Two on one lock file would each
 * open it, and closing one would drop the kernel locks of the other.
 *
 * <p>The only static state of the library, with the payload cache, the clock and the idle
 * descriptors that they share.
 */
final class Engines {
  private static final Map<Id, Shared> OPEN = new HashMap<>();
  private static final PayloadCache PAYLOADS =
      new PayloadCache(PayloadCache.DEFAULT_CAPACITY_BYTES);
  private static final TickingClock TICKS = new TickingClock();
  private static final IdleDescriptors IDLE = IdleDescriptors.ofProcess();
  private static final StandardDescriptors STANDARD = new StandardDescriptors();

  private record Id(Path root, boolean readOnly, Path shared) {}

  private static final class Shared {
    private final Engine engine;
    private int users;

    private Shared(Engine engine) {
      this.engine = engine;
    }
  }

  private Engines() {}

  /** To be called before a file of a store is opened: none may get the number of a stream. */
  static void takeStandardDescriptors() {
    STANDARD.take();
  }

  /** File operations for which the engines give up their idle descriptors. */
  static FileOps sparing(StoreOptions options) {
    return new SparingFileOps(options.fileOps(), IDLE);
  }

  /**
   * Opens the engine of a root, or joins the one that is open.
   *
   * @param root by its real path
   */
  static Engine acquire(Path root, StoreOptions options) throws IOException {
    StoreOwner owner =
        options.readOnly()
            ? StoreOwner.ofReader(options.fileOps())
            : IDLE.opening(() -> StoreOwner.of(root, options.fileOps()));
    SharedPlace place = IDLE.opening(() -> SharedPlaces.of(root, options, owner));
    synchronized (OPEN) {
      Id id = new Id(root, options.readOnly(), place.directory());
      Shared shared = OPEN.get(id);
      if (shared == null) {
        shared = new Shared(new Engine(root, place, owner, options, PAYLOADS, TICKS, IDLE));
        OPEN.put(id, shared);
      } else if (shared.engine.clock != options.clock()
          || shared.engine.givenOps != options.fileOps()) {
        throw new IllegalArgumentException(
            "the root is open in this JVM with another clock: root=" + root);
      }
      shared.users++;
      return shared.engine;
    }
  }

  /** Leaves an engine; the last one out closes it. */
  static void release(Engine engine) {
    synchronized (OPEN) {
      Id id = new Id(engine.root, engine.readOnly(), engine.place.directory());
      Shared shared = OPEN.get(id);
      if (shared != null && shared.engine == engine && --shared.users == 0) {
        OPEN.remove(id);
        // Inside the monitor: a store opened meanwhile must find the lock file closed.
        engine.close();
      }
    }
  }
}
