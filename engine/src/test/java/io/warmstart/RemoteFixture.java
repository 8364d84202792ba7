package io.warmstart;

import io.warmstart.engine.Engine;
import io.warmstart.engine.EngineRegistry;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Payload;
import io.warmstart.model.RemoteOptions;
import io.warmstart.policy.NamedLimits;
import io.warmstart.policy.StoreLimits;
import io.warmstart.remote.Remote;
import io.warmstart.remote.store.ObjectStore;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Two machines that share no root, but a remote: two roots here. */
abstract class RemoteFixture {
  static final Fingerprint KEY = Payloads.key("fit");
  static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path work;
  RemotePlace place;
  RemoteOptions remote;

  /** Makes it, with nothing in it. */
  RemotePlace makePlace() throws Exception {
    return new DirectoryPlace(work);
  }

  @BeforeEach
  void makeRemote() throws Exception {
    place = makePlace();
    // Nothing happens in the background but what the tests ask for.
    remote =
        RemoteOptions.of(place.url())
            .withPushInterval(Duration.ofHours(1))
            .withCheckInterval(Duration.ofMillis(10))
            .withDeadline(LONG)
            .withFlushWait(LONG);
  }

  @AfterEach
  void leaveRemote() throws Exception {
    place.close();
  }

  WarmStartStore machine(String name) {
    return machine(name, remote);
  }

  WarmStartStore machine(String name, RemoteOptions with) {
    return WarmStartStore.open(work.resolve(name), StoreOptions.defaults().withRemote(with));
  }

  static EntryAttributes objective(double value) {
    return EntryAttributes.checkpoint().withObjective(value);
  }

  List<String> objects() throws IOException {
    return place.objects().list("").stream().sorted().toList();
  }

  byte[] object(String name) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    place.objects().get(name, (piece, count) -> bytes.write(piece, 0, count));
    return bytes.toByteArray();
  }

  /** As a program does it that knows nothing of the rules: what is there is replaced. */
  void put(String name, byte[] bytes) throws IOException {
    place.objects().delete(name);
    place.objects().putIfAbsent(name, Payload.of(bytes));
  }

  /** What a store does with its remote, with one that the test has made. */
  interface Use {
    void of(WarmStartStore one, Remote sends) throws Exception;
  }

  void with(ObjectStore objects, RemoteOptions options, Use use) throws Exception {
    with(objects, options, NamedLimits.NONE, use);
  }

  void with(ObjectStore objects, RemoteOptions options, NamedLimits limits, Use use)
      throws Exception {
    try (WarmStartStore one = WarmStartStore.open(work.resolve("one"))) {
      Engine engine = EngineRegistry.acquire(one.root(), one.options().engineOptions());
      try (Remote sends =
          new Remote(
              options,
              objects,
              engine.localEntries(new StoreLimits(engine.policy(), limits), 0),
              engine.notices(),
              engine.ticks())) {
        use.of(one, sends);
      } finally {
        EngineRegistry.release(engine);
      }
    }
  }

  static byte valueOf(Optional<Entry> found) {
    try (Entry entry = found.orElseThrow()) {
      return entry.payload().getByte(0);
    }
  }
}
