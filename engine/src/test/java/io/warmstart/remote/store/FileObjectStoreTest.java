package io.warmstart.remote.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.FileOps;
import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.model.Payload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When the names of objects in a directory survive a power cut. */
class FileObjectStoreTest {
  private static final String KEY = "ab".repeat(32);
  private static final String NAME = KEY + "/run.0000000000000001.json";
  private static final Payload BYTES = Payload.of(new byte[] {1, 2, 3});

  @TempDir Path directory;
  private final List<Path> synced = new ArrayList<>();
  private @Nullable Path failing;

  /** Is done before the next sync. */
  private Runnable meanwhile = () -> {};

  private FileObjectStore store;
  private Path parent;

  @BeforeEach
  void makeStore() {
    store = new FileObjectStore(directory, observed());
    parent = directory.resolve(KEY);
  }

  private FileOps observed() {
    return new ObservedFileOps(new NioFileOps()) {
      @Override
      protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
          throws IOException {
        if (op.kind() == Kind.SYNC_DIRECTORY) {
          Runnable first = meanwhile;
          meanwhile = () -> {};
          first.run();
          synced.add(op.path());
          if (op.path().equals(failing)) {
            failing = null;
            throw new IOException("Input/output error");
          }
        }
        return whole.run();
      }
    };
  }

  /** The next attempt found the name, and nothing synced it any more: a power cut took it. */
  @Test
  void aNameThatIsFoundAfterASyncThatFailedIsSynced() throws IOException {
    for (Path each : List.of(parent, directory)) {
      failing = each;
      assertThrows(IOException.class, () -> store.putIfAbsent(NAME, BYTES));
      synced.clear();
      assertFalse(store.putIfAbsent(NAME, BYTES));
      assertEquals(List.of(parent, directory), synced);
      synced.clear();
      assertFalse(store.putIfAbsent(NAME, BYTES));
      assertEquals(List.of(), synced, "it is known to be durable");
      store.delete(NAME);
      Files.delete(parent);
    }
  }

  @Test
  void whatIsListedAfterASyncThatFailedIsSynced() throws IOException {
    failing = parent;
    assertThrows(IOException.class, () -> store.putIfAbsent(NAME, BYTES));
    String prefix = KEY + "/";
    List<String> listed =
        store.list(prefix).stream().map(each -> each.substring(prefix.length())).toList();
    assertEquals(1, listed.size());
    synced.clear();
    store.makeDurable(prefix, listed);
    assertEquals(List.of(parent, directory), synced);
    synced.clear();
    store.makeDurable(prefix, listed);
    assertEquals(List.of(), synced);
  }

  @Test
  void aNameOfWhoHasDiedBeforeItsSyncIsSynced() throws IOException {
    assertTrue(new FileObjectStore(directory).putIfAbsent(NAME, BYTES));
    assertFalse(store.putIfAbsent(NAME, BYTES));
    assertEquals(List.of(parent, directory), synced);
  }

  /** The kernel tells one of two whose names went with it. */
  @Test
  void aSyncOfAnotherThatFailsMeanwhileIsOnesOwn() throws IOException {
    assertTrue(store.putIfAbsent(NAME, BYTES));
    String other = KEY + "/run.0000000000000002.json";
    meanwhile =
        () -> {
          failing = parent;
          assertThrows(
              IOException.class,
              () -> store.putIfAbsent(KEY + "/run.0000000000000003.json", BYTES));
        };
    assertThrows(IOException.class, () -> store.putIfAbsent(other, BYTES));
    assertFalse(store.putIfAbsent(other, BYTES));
  }
}
