package io.warmstart;

import io.warmstart.model.Payload;
import io.warmstart.remote.store.ObjectStore;
import io.warmstart.remote.store.RefusedException;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A remote of which one call fails, as calls over a network do. */
public final class FaultyObjectStore implements ObjectStore {
  /** How a call fails. */
  public enum Fault {
    /** Nothing of it arrives. */
    BEFORE,
    /** It has its effect, and its answer is lost. */
    AFTER,
    /** Of a body half arrives. */
    CUT,
    /** Half of a body arrives as if it were all. */
    SHORT
  }

  private final ObjectStore store;
  private final Fault fault;
  private final int at;
  private int calls;
  private @Nullable CountDownLatch hanging;
  private @Nullable Runnable once;
  private boolean refusing;
  private boolean ignoring;
  private BooleanSupplier away = () -> false;

  public FaultyObjectStore(ObjectStore store, Fault fault, int at) {
    this.store = store;
    this.fault = fault;
    this.at = at;
  }

  /** One that fails never, and hangs in each call until it is let go. */
  public static FaultyObjectStore hanging(ObjectStore store, CountDownLatch until) {
    FaultyObjectStore made = new FaultyObjectStore(store, Fault.BEFORE, -1);
    made.hanging = until;
    return made;
  }

  /** One of which the first call hangs until it is let go, and is then refused. */
  public static FaultyObjectStore refusingAfter(ObjectStore store, CountDownLatch until) {
    FaultyObjectStore made = new FaultyObjectStore(store, Fault.BEFORE, 0);
    made.hanging = until;
    made.refusing = true;
    return made;
  }

  /** One that fails never, and does something in its first call. */
  public static FaultyObjectStore doing(ObjectStore store, Runnable first) {
    FaultyObjectStore made = new FaultyObjectStore(store, Fault.BEFORE, -1);
    made.once = first;
    return made;
  }

  /** One of which nothing arrives for some time. */
  public static FaultyObjectStore awayWhile(ObjectStore store, BooleanSupplier away) {
    FaultyObjectStore made = new FaultyObjectStore(store, Fault.BEFORE, -1);
    made.away = away;
    return made;
  }

  /** One that makes an object of a name that is taken, in the place of the one that is there. */
  public static FaultyObjectStore ignoringConditions(ObjectStore store) {
    FaultyObjectStore made = new FaultyObjectStore(store, Fault.BEFORE, -1);
    made.ignoring = true;
    return made;
  }

  /** Whether the call that fails was made. */
  public synchronized boolean reached() {
    return calls > at;
  }

  private interface Call<T> {
    T run() throws IOException;
  }

  private <T> T call(Call<T> call) throws IOException {
    boolean fails;
    Runnable first;
    synchronized (this) {
      fails = calls++ == at;
      first = once;
      once = null;
    }
    if (first != null) {
      first.run();
    }
    CountDownLatch latch = hanging;
    while (latch != null && latch.getCount() > 0) {
      try {
        latch.await();
      } catch (InterruptedException e) {
        // A call that hangs in the kernel ends for no interrupt.
        Thread.onSpinWait();
      }
    }
    if (fails && refusing) {
      throw new RefusedException("refused", new IOException("403"));
    }
    if (away.getAsBoolean() || (fails && fault != Fault.AFTER)) {
      throw new IOException("reset before it arrived");
    }
    T result = call.run();
    if (fails) {
      throw new IOException("reset before the answer");
    }
    return result;
  }

  @Override
  public String name() {
    return store.name();
  }

  @Override
  public String identity() throws IOException {
    return call(store::identity);
  }

  @Override
  public List<String> list(String prefix) throws IOException {
    return call(() -> store.list(prefix));
  }

  @Override
  public void get(String name, Payload.Sink sink) throws IOException {
    boolean half;
    synchronized (this) {
      half = calls == at && (fault == Fault.CUT || fault == Fault.SHORT);
      calls += half ? 1 : 0;
    }
    if (half) {
      store.get(name, (piece, length) -> sink.accept(piece, length / 2));
      if (fault == Fault.CUT) {
        throw new IOException("reset in the body");
      }
      return;
    }
    call(
        () -> {
          store.get(name, sink);
          return true;
        });
  }

  @Override
  public boolean putIfAbsent(String name, Payload bytes) throws IOException {
    return call(
        () -> {
          if (ignoring) {
            store.delete(name);
          }
          return store.putIfAbsent(name, bytes);
        });
  }

  @Override
  public boolean delete(String name) throws IOException {
    return call(() -> store.delete(name));
  }

  @Override
  public Optional<Instant> putAt(String name) throws IOException {
    return call(() -> store.putAt(name));
  }

  @Override
  public void removeLeftovers() throws IOException {
    call(
        () -> {
          store.removeLeftovers();
          return true;
        });
  }

  @Override
  public void close() {
    store.close();
  }
}
