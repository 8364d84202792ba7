package io.warmstart.save;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.FileOps;
import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.model.Digest256;
import io.warmstart.pair.KeyDirectory;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyDirectoriesTest {
  @TempDir Path root;
  private final List<Path> synced = new ArrayList<>();
  private @Nullable Path failing;

  /** Of which the next sync finds the descriptor closed. */
  private @Nullable Path interrupted;

  private int opens;
  private final FileOps ops = recordingSyncs(new NioFileOps());
  private KeyDirectory directory;

  @BeforeEach
  void makeKey() {
    directory = new KeyDirectory(root, Digest256.ofWords(1, 2, 3, 4));
  }

  @Test
  void rootIsSyncedOnceForADirectoryThatStays() throws IOException {
    try (KeyDirectories directories = new KeyDirectories(ops, root, () -> 4, () -> {})) {
      for (int save = 0; save < 3; save++) {
        try (KeyDirectories.Use use = directories.use(directory)) {
          use.sync(use.failedSyncs());
        }
      }
    }

    assertEquals(List.of(directory.path(), root, directory.path(), directory.path()), synced);
  }

  /** Each had syncs of its own, and did not hear of the other's that failed. */
  @Test
  void whoOpensItAtTheSameTimeSharesIt() throws IOException {
    KeyDirectories[] directories = new KeyDirectories[1];
    List<KeyDirectories.Use> faster = new ArrayList<>();
    FileOps between =
        new ObservedFileOps(new NioFileOps()) {
          private boolean opened;

          @Override
          protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
              throws IOException {
            if (op.kind() == Kind.OPEN_DIRECTORY && op.path().equals(directory.path()) && !opened) {
              opened = true;
              T handle = whole.run();
              faster.add(directories[0].use(directory));
              return handle;
            }
            return whole.run();
          }
        };
    directories[0] = new KeyDirectories(between, root, () -> 4, () -> {});
    try (KeyDirectories.Use use = directories[0].use(directory)) {
      assertSame(faster.get(0), use);
      faster.get(0).close();
    } finally {
      directories[0].close();
    }
  }

  @Test
  void rootIsSyncedAgainForADirectoryThatWasRemovedAndMadeAgain() throws IOException {
    try (KeyDirectories directories = new KeyDirectories(ops, root, () -> 4, () -> {})) {
      try (KeyDirectories.Use use = directories.use(directory)) {
        use.sync(use.failedSyncs());
      }
      Files.delete(directory.path());
      Files.createDirectory(directory.path());
      synced.clear();
      try (KeyDirectories.Use use = directories.use(directory)) {
        use.sync(use.failedSyncs());
      }
    }

    assertEquals(List.of(directory.path(), root), synced);
  }

  /**
   * A sibling's eviction removed the directory after this save had opened it and before it staged
   * in it. The sync then went to the removed directory, and the save was acknowledged with names
   * that a power cut would take.
   */
  @Test
  void directoryMadeAgainUnderASaveIsTheOneThatIsSynced() throws IOException {
    try (KeyDirectories directories = new KeyDirectories(ops, root, () -> 4, () -> {});
        KeyDirectories.Use use = directories.use(directory)) {
      use.sync(use.failedSyncs());
      Files.delete(directory.path());
      Files.createDirectory(directory.path());
      synced.clear();

      assertFalse(use.sync(use.failedSyncs()), "what was renamed into the first is gone");
    }

    assertEquals(List.of(directory.path(), directory.path(), root), synced, "the second by name");
  }

  /**
   * The descriptor for the root was opened after the renames. An application that took the last one
   * meanwhile had its save published, and answered that its durability was unknown.
   */
  @Test
  void whatIsPublishedNeedsNoFurtherDescriptor() throws IOException {
    try (KeyDirectories directories = new KeyDirectories(ops, root, () -> 4, () -> {});
        KeyDirectories.Use use = directories.use(directory)) {
      opens = 0;

      use.sync(use.failedSyncs());

      assertEquals(0, opens);
    }
    assertEquals(List.of(directory.path(), root), synced);
  }

  /** The last save under the key was cut short before its sync. */
  @Test
  void rootIsOpenedAheadAgainIfItsSyncHasFailed() throws IOException {
    try (KeyDirectories directories = new KeyDirectories(ops, root, () -> 4, () -> {})) {
      try (KeyDirectories.Use use = directories.use(directory)) {
        failing = root;
        assertThrows(IOException.class, () -> use.sync(use.failedSyncs()));
      }
      failing = null;
      try (KeyDirectories.Use use = directories.use(directory)) {
        opens = 0;

        use.sync(use.failedSyncs());

        assertEquals(0, opens);
      }
    }
  }

  /** An interrupt closes a descriptor, and another is told nothing of what has failed before. */
  @Test
  void whoSyncsThroughAnotherDescriptorHearsOfTheFailureAsWell() throws IOException {
    try (KeyDirectories directories = new KeyDirectories(ops, root, () -> 4, () -> {});
        KeyDirectories.Use use = directories.use(directory)) {
      long before = use.failedSyncs();
      failing = directory.path();
      assertThrows(IOException.class, () -> use.sync(before));
      failing = null;
      interrupted = directory.path();

      IOException thrown = assertThrows(IOException.class, () -> use.sync(before));

      assertTrue(thrown.toString().contains("another save"), thrown.toString());
    }
  }

  @Test
  void onlyThoseThatNoSaveIsUsingAreClosedWhenDescriptorsAreShort() throws IOException {
    KeyDirectory other = new KeyDirectory(root, Digest256.ofWords(5, 6, 7, 8));
    try (KeyDirectories directories = new KeyDirectories(ops, root, () -> 4, () -> {})) {
      long before = openDescriptors();
      directories.use(other).close();
      try (KeyDirectories.Use use = directories.use(directory)) {
        // Each with the root beside it, which neither has synced yet.
        assertEquals(before + 4, openDescriptors());

        assertEquals(2, directories.closeIdle());

        assertEquals(before + 2, openDescriptors());
        use.sync(use.failedSyncs());
      }
      assertEquals(1, directories.closeIdle());
      assertEquals(before, openDescriptors());
    }
  }

  /** What the kernel has told once is known when the descriptor is closed that was told. */
  @Test
  void namesAreInDoubtOnceASyncHasFailed() throws IOException {
    try (KeyDirectories directories = new KeyDirectories(ops, root, () -> 4, () -> {})) {
      try (KeyDirectories.Use use = directories.use(directory)) {
        use.sync(use.failedSyncs());
        assertFalse(use.namesMayBeInDoubt());
        failing = directory.path();
        assertThrows(IOException.class, () -> use.sync(use.failedSyncs()));
        failing = null;
        assertTrue(use.namesMayBeInDoubt());
      }
      directories.closeIdle();
      try (KeyDirectories.Use use = directories.use(directory)) {
        use.sync(use.failedSyncs());
        assertTrue(use.namesMayBeInDoubt());
      }
    }
  }

  @Test
  void syncOfADirectoryThatIsGoneSaysSo() throws IOException {
    try (KeyDirectories directories = new KeyDirectories(ops, root, () -> 4, () -> {});
        KeyDirectories.Use use = directories.use(directory)) {
      Files.delete(directory.path());

      assertThrows(NoSuchFileException.class, () -> use.sync(use.failedSyncs()));
    }
  }

  @Test
  void leastRecentlyUsedAreClosedBeyondTheBound() throws IOException {
    try (KeyDirectories directories = new KeyDirectories(ops, root, () -> 2, () -> {})) {
      long before = openDescriptors();
      for (int key = 0; key < 20; key++) {
        try (KeyDirectories.Use use =
            directories.use(new KeyDirectory(root, Digest256.ofWords(key, 0, 0, 0)))) {
          use.sync(use.failedSyncs());
        }
      }

      assertEquals(before + 2, openDescriptors());
    }
  }

  private long openDescriptors() throws IOException {
    long open = 0;
    try (var descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors) {
        try {
          if (Files.readSymbolicLink(descriptor).startsWith(root.toRealPath())) {
            open++;
          }
        } catch (NoSuchFileException e) {
          // The descriptor of this very listing.
        }
      }
    }
    return open;
  }

  /** Hands everything on, and notes which directories are synced. */
  private FileOps recordingSyncs(FileOps real) {
    return (FileOps)
        Proxy.newProxyInstance(
            FileOps.class.getClassLoader(),
            new Class<?>[] {FileOps.class},
            (proxy, method, arguments) -> {
              Object result;
              try {
                result = method.invoke(real, arguments);
              } catch (java.lang.reflect.InvocationTargetException e) {
                throw e.getCause();
              }
              if (result instanceof FileOps.DirectoryHandle handle) {
                Path path = (Path) arguments[0];
                opens++;
                return Proxy.newProxyInstance(
                    FileOps.class.getClassLoader(),
                    new Class<?>[] {FileOps.DirectoryHandle.class},
                    (handleProxy, handleMethod, handleArguments) -> {
                      if (handleMethod.getName().equals("sync")) {
                        if (path.equals(failing)) {
                          throw new IOException("Input/output error");
                        }
                        if (path.equals(interrupted)) {
                          interrupted = null;
                          throw new ClosedByInterruptException();
                        }
                        synced.add(path);
                      }
                      return handleMethod.invoke(handle, handleArguments);
                    });
              }
              return result;
            });
  }
}
