package io.warmstart.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.engine.Engine;
import io.warmstart.engine.EngineRegistry;
import io.warmstart.model.Digest256;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Payload;
import io.warmstart.model.RemoteOptions;
import io.warmstart.model.RemoteSweepReport;
import io.warmstart.policy.NamedLimits;
import io.warmstart.policy.StoreLimits;
import io.warmstart.remote.copy.ClaimName;
import io.warmstart.remote.copy.RemoteKey;
import io.warmstart.remote.store.DeniedKeyException;
import io.warmstart.remote.store.FileObjectStore;
import io.warmstart.remote.store.ObjectStore;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A key in a remote to which this user may do nothing, be it root. */
@Timeout(120)
class DeniedKeyTest {
  private static final int KEYS = 8;

  @TempDir Path work;
  private final List<Fingerprint> keys = new ArrayList<>();
  private Digest256 denied;
  private FileObjectStore objects;
  private volatile boolean away;

  @BeforeEach
  void makeKeys() throws IOException {
    Set<Digest256> asTheyCome = new HashSet<>();
    for (int each = 0; each < KEYS; each++) {
      Digest256 key = Digest256.ofWords(each * 7919L + 3, each, 5, each * 31L);
      keys.add(Fingerprint.ofDigest(key));
      asTheyCome.add(key);
    }
    // That which is tried first.
    denied = asTheyCome.iterator().next();
    objects = new FileObjectStore(Files.createDirectory(work.resolve("remote")));
  }

  private ObjectStore denying(Set<String> calls) {
    return (ObjectStore)
        Proxy.newProxyInstance(
            ObjectStore.class.getClassLoader(),
            new Class<?>[] {ObjectStore.class},
            (proxy, method, arguments) -> {
              boolean onObjects = arguments != null && arguments.length > 0;
              if (onObjects && away) {
                throw new IOException("no route to host");
              }
              if (onObjects
                  && arguments[0] instanceof String name
                  && name.startsWith(denied.toHex())
                  && (calls.isEmpty() || calls.contains(method.getName()))) {
                throw new DeniedKeyException(new AccessDeniedException(name));
              }
              try {
                return method.invoke(objects, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** One key at a time tells whether a remote is back, and that one told nothing. */
  @Test
  void itDoesNotKeepTheOthersBackOnceTheRemoteIsThereAgain() throws Exception {
    StoreOptions inFiles = StoreOptions.defaults().withDurability(Durability.IN_FILES);
    try (WarmStartStore store = WarmStartStore.open(work.resolve("root"), inFiles)) {
      Engine engine = EngineRegistry.acquire(store.root(), store.options().engineOptions());
      try (Remote remote =
          new Remote(
              RemoteOptions.of(work.resolve("remote").toUri())
                  .withPushInterval(Duration.ofMillis(20))
                  .withCheckInterval(Duration.ofMillis(200))
                  .withFlushWait(Duration.ofMillis(200)),
              denying(Set.of()),
              engine.localEntries(new StoreLimits(engine.policy(), NamedLimits.NONE), 0),
              engine.notices(),
              engine.ticks())) {
        remote.begin();
        saveAll(store, remote, 1);
        Await.until("all others are there", () -> remote.state().pushed() == KEYS - 1);
        away = true;
        saveAll(store, remote, 2);
        Await.until("it is away", () -> !remote.state().reachable());
        away = false;
        Await.until(
            "all others are there again",
            () -> remote.state().pushed() == 2 * (KEYS - 1) && remote.state().reachable());
      } finally {
        EngineRegistry.release(engine);
      }
    }
  }

  private void saveAll(WarmStartStore store, Remote remote, int version) {
    for (Fingerprint key : keys) {
      store.saveOverwrite(key, "r", new byte[] {(byte) version}, EntryAttributes.checkpoint());
      remote.saved(key.digest(), "r");
    }
  }

  /** It can be looked at and not written to, as with the usual umask: the sweep ended there. */
  @Test
  void aSweepGoesOnBehindIt() throws IOException {
    for (Fingerprint key : keys) {
      for (long number = 1; number <= 2; number++) {
        objects.putIfAbsent(claim(key, number), Payload.of(new byte[] {1}));
      }
    }
    RemoteSweepReport report = RemoteSweepFlow.run(denying(Set.of("delete", "putAt")), false);
    assertEquals(KEYS - 1, report.claims().size(), report.toString());
    for (Fingerprint key : keys) {
      List<String> left = objects.list(RemoteKey.prefix(key.digest()));
      boolean other = !key.digest().equals(denied);
      assertEquals(other ? 1 : 2, left.size(), left.toString());
      assertTrue(left.contains(claim(key, 2)));
      assertFalse(other && report.claims().contains(claim(key, 2)));
    }
  }

  private static String claim(Fingerprint key, long number) {
    return RemoteKey.prefix(key.digest()) + ClaimName.of(number);
  }
}
