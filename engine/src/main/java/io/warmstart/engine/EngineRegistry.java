package io.warmstart.engine;

import io.warmstart.access.CoarseClock;
import io.warmstart.io.FileFacts;
import io.warmstart.io.FileOps;
import io.warmstart.io.IdleDescriptors;
import io.warmstart.io.SparingFileOps;
import io.warmstart.io.StandardDescriptors;
import io.warmstart.model.StoreException;
import io.warmstart.model.StoreListener;
import io.warmstart.notice.Notices;
import io.warmstart.payload.PayloadCache;
import io.warmstart.process.Placement;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The engines of this JVM, one for each root, mode and lock file; of those that only read, one for
 * stores that know of other machines, and one for stores that do not. Two on one lock file would
 * each open it, and closing one would drop the kernel locks of the other.
 *
 * <p>A root is known by what its path leads to at this moment, not by the path: one can be mounted
 * twice. What another class loader has open is not known here; the lock file tells it.
 *
 * <p>The only static state of the library, with the payload cache, the clock and the idle
 * descriptors that they share; but for what each thread is inside of ({@link
 * io.warmstart.runtime.Operations}).
 */
public final class EngineRegistry {
  /** Changed under its monitor, and read without: to count waits for no engine that opens. */
  private static final List<Shared> OPEN = new CopyOnWriteArrayList<>();

  private static final PayloadCache PAYLOADS =
      new PayloadCache(PayloadCache.DEFAULT_CAPACITY_BYTES);
  private static final CoarseClock TICKS = new CoarseClock();
  private static final IdleDescriptors IDLE = IdleDescriptors.ofProcess();
  private static final StandardDescriptors STANDARD = new StandardDescriptors();

  private static final class Shared {
    private final Engine engine;
    private final @Nullable Path localDirectory;
    private final FileOps ops;
    private int users;

    private Shared(Engine engine, EngineOptions options) {
      this.engine = engine;
      this.localDirectory = options.localDirectory();
      this.ops = options.fileOps();
    }

    private boolean isOf(Path root, FileFacts facts, Placement place, EngineOptions options) {
      return engine.readOnly() == options.readOnly()
          && isSameRoot(engine, root, facts, options.fileOps())
          && (options.readOnly()
              ? engine.place().shared() == place.shared()
              : Objects.equals(localDirectory, options.localDirectory())
                  || engine.place().directory().equals(place.directory()));
    }
  }

  private EngineRegistry() {}

  /** To be called before a file of a store is opened: none may get the number of a stream. */
  public static void takeStandardDescriptors() {
    STANDARD.take();
  }

  /** File operations for which the engines give up their idle descriptors. */
  static FileOps sparing(EngineOptions options) {
    return new SparingFileOps(options.fileOps(), IDLE);
  }

  /**
   * Opens the engine of a root, or joins the one that is open.
   *
   * @param root by its real path
   */
  public static Engine acquire(Path root, EngineOptions options) throws IOException {
    return acquire(root, options, null);
  }

  /**
   * The same for somebody who listens, also to what happens while the engine opens. Who has been
   * given the engine takes the listener away again.
   */
  public static Engine acquire(Path root, EngineOptions options, @Nullable StoreListener listener)
      throws IOException {
    StoreOwner owner =
        options.readOnly()
            ? StoreOwner.ofReader(options.fileOps())
            : IDLE.opening(() -> StoreOwner.of(root, options.fileOps()));
    Placement place = IDLE.opening(() -> Placements.of(root, options, owner));
    FileFacts facts = options.fileOps().stat(root);
    synchronized (OPEN) {
      Shared shared = find(root, facts, place, options);
      if (shared == null) {
        shared = new Shared(open(root, place, owner, options, listener), options);
        OPEN.add(shared);
        TICKS.start();
      } else if (shared.engine.clock() != options.clock() || shared.ops != options.fileOps()) {
        throw new IllegalArgumentException(
            "the root is open in this JVM with another clock: root=" + shared.engine.root());
      } else if (listener != null) {
        shared.engine.notices().add(listener);
      }
      shared.users++;
      return shared.engine;
    }
  }

  private static Engine open(
      Path root,
      Placement place,
      StoreOwner owner,
      EngineOptions options,
      @Nullable StoreListener listener)
      throws IOException {
    Notices notices = new Notices();
    if (listener != null) {
      notices.add(listener);
    }
    boolean opened = false;
    try {
      Engine engine = new Engine(root, place, owner, options, notices, PAYLOADS, TICKS, IDLE);
      opened = true;
      return engine;
    } finally {
      if (!opened && listener != null) {
        notices.remove(listener);
      }
    }
  }

  private static @Nullable Shared find(
      Path root, FileFacts facts, Placement place, EngineOptions options) {
    for (Shared each : OPEN) {
      if (each.isOf(root, facts, place, options)) {
        return each;
      }
    }
    return null;
  }

  /**
   * Whether a path leads to the root of an engine now. An engine whose root was moved waits for it
   * to come back: what has taken its name is another root.
   *
   * <p>Only an engine that has the path or was opened as that directory is looked at: one on a
   * mount that does not answer would make everybody wait who opens or closes any other.
   *
   * @param facts what the path leads to now
   */
  private static boolean isSameRoot(Engine open, Path root, FileFacts facts, FileOps ops) {
    boolean samePath = open.root().equals(root);
    if (!samePath && !open.rootWatch().wasOpenedAs(facts)) {
      return false;
    }
    open.rootWatch().look();
    if (open.rootWatch().isGone()) {
      if (!samePath) {
        // Moved to this very path: its lock file would be in the way until the next heartbeat.
        open.siblings().closeReplacedLocks();
      }
      return false;
    }
    if (samePath) {
      return true;
    }
    try {
      return ops.stat(open.root()).sameFileAs(facts);
    } catch (IOException e) {
      // The one that is open is out of reach: if it is this one, its lock file tells.
      return false;
    }
  }

  /**
   * How many processes of this machine have the root of an engine open for writing. One that only
   * reads has no locks to tell by: it knows what a writing one of this JVM does.
   *
   * @return 0 if it only reads, and none of this JVM writes
   */
  public static int liveProcesses(Engine engine) {
    if (!engine.readOnly()) {
      return engine.siblings().alive();
    }
    for (Shared each : OPEN) {
      if (!each.engine.readOnly() && each.engine.rootWatch().watchesSameAs(engine.rootWatch())) {
        return each.engine.siblings().alive();
      }
    }
    return 0;
  }

  /** Leaves an engine; the last one out closes it. */
  public static void release(Engine engine) {
    try {
      if (isUsedByOne(engine)) {
        // Outside the monitor: who opens or closes another root must not wait for it.
        engine.prepareToClose();
      }
    } catch (StoreException e) {
      // A pair could not be made: to close tries again.
    } finally {
      leave(engine);
    }
  }

  private static void leave(Engine engine) {
    synchronized (OPEN) {
      int place = placeOf(engine);
      if (--OPEN.get(place).users == 0) {
        OPEN.remove(place);
        try {
          // Inside the monitor: a store opened meanwhile must find the lock file closed.
          engine.close();
        } finally {
          if (OPEN.isEmpty()) {
            // Nothing of the library runs on after its last store: an application server can let
            // go of the class loader.
            TICKS.stop();
          }
        }
      }
    }
  }

  private static boolean isUsedByOne(Engine engine) {
    synchronized (OPEN) {
      return OPEN.get(placeOf(engine)).users == 1;
    }
  }

  /** Under the monitor. */
  private static int placeOf(Engine engine) {
    int place = 0;
    while (OPEN.get(place).engine != engine) {
      place++;
    }
    return place;
  }
}
