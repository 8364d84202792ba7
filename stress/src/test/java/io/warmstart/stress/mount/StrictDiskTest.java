package io.warmstart.stress.mount;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.warmstart.stress.frame.SkippedException;
import io.warmstart.stress.mount.StrictDisk.FileSync;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.agrona.IoUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The disk that keeps what it must: what a sync has made durable is there, the rest may be not. */
@Tag("slow")
@Tag("once")
@Timeout(60)
class StrictDiskTest {
  @TempDir static Path directory;

  /** Why there is no such disk here. */
  private static String missing = "";

  private StrictDisk disk;

  @BeforeAll
  static void needDisk() throws IOException, InterruptedException {
    try {
      StrictDisk.need(directory);
    } catch (SkippedException e) {
      // Not here: skipped tests are to be seen, each of them.
      missing = String.valueOf(e.getMessage());
    }
  }

  @BeforeEach
  void make() throws IOException, InterruptedException {
    assumeTrue(missing.isEmpty(), () -> missing);
    disk = StrictDisk.make(directory, FileSync.BYTES);
  }

  @AfterEach
  void close() throws IOException {
    if (!missing.isEmpty()) {
      return;
    }
    disk.close();
    assertFalse(Files.readString(Path.of("/proc/self/mounts")).contains(disk.path().toString()));
  }

  private void cutAndMount(long seed) throws IOException, InterruptedException {
    disk.cut(seed);
    disk.unmount();
    disk.mount();
  }

  private static void sync(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static Set<String> names(Path in) throws IOException {
    try (Stream<Path> all = Files.list(in)) {
      return new TreeSet<>(all.map(each -> each.getFileName().toString()).toList());
    }
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(disk.path().resolve(name), text);
  }

  @Test
  void fileThatWasNotSyncedIsEmptyThoughItsNameWas() throws IOException, InterruptedException {
    Path file = write("file", "text");
    sync(disk.path());

    cutAndMount(StrictDisk.LEAST);

    assertEquals("", Files.readString(file));
  }

  @Test
  void syncedFileOfDirectoryThatWasNotIsGone() throws IOException, InterruptedException {
    Path file = write("file", "text");
    sync(file);

    cutAndMount(StrictDisk.LEAST);

    assertEquals(Set.of(), names(disk.path()));
  }

  @Test
  void syncedFileOfSyncedDirectoryIsThere() throws IOException, InterruptedException {
    Path file = write("file", "text");
    sync(file);
    sync(disk.path());
    write("file", "another text");

    cutAndMount(StrictDisk.LEAST);

    assertEquals("text", Files.readString(file));
  }

  @Test
  void syncedFilesDoNotMakeTheDirectoryDurableThatTheyAreIn()
      throws IOException, InterruptedException {
    Path inner = Files.createDirectory(disk.path().resolve("inner"));
    sync(write("inner/file", "text"));
    sync(inner);

    cutAndMount(StrictDisk.LEAST);

    assertEquals(Set.of(), names(disk.path()));
  }

  @Test
  void renameWithoutSyncOfItsDirectoryIsUndone() throws IOException, InterruptedException {
    Path old = write("old", "old");
    Path staged = write("staged", "new");
    sync(old);
    sync(staged);
    sync(disk.path());
    Files.move(staged, old, StandardCopyOption.ATOMIC_MOVE);
    assertEquals("new", Files.readString(old));

    cutAndMount(StrictDisk.LEAST);

    assertEquals(Set.of("old", "staged"), names(disk.path()));
    assertEquals("old", Files.readString(old));
    assertEquals("new", Files.readString(staged));
  }

  @Test
  void renameIsDoneWholeOrNotAtAllAndBothAreSeen() throws IOException, InterruptedException {
    Set<Set<String>> seen = new HashSet<>();
    for (long seed = 1; seed < 60; seed += 2) {
      Path from = write("from", "text");
      sync(from);
      sync(disk.path());
      Files.move(from, disk.path().resolve("to"), StandardCopyOption.ATOMIC_MOVE);
      cutAndMount(seed);
      seen.add(names(disk.path()));
      Files.deleteIfExists(disk.path().resolve("to"));
    }

    assertEquals(Set.of(Set.of("from"), Set.of("to")), seen);
  }

  @Test
  void fileSyncThatNamesMakesTheNameDurableButNotItsDirectory()
      throws IOException, InterruptedException {
    disk.close();
    disk = StrictDisk.make(directory, FileSync.BYTES_AND_NAME);
    Path inner = Files.createDirectory(disk.path().resolve("inner"));
    sync(write("inner/file", "text"));
    sync(write("file", "text"));

    cutAndMount(StrictDisk.LEAST);

    assertEquals(Set.of("file"), names(disk.path()));
    assertTrue(Files.notExists(inner));
  }

  @Test
  void mappedBytesSurviveTheirSync() throws IOException, InterruptedException {
    Path file = disk.path().resolve("mapped");
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      MappedByteBuffer first = channel.map(FileChannel.MapMode.READ_WRITE, 0, 20_000);
      MappedByteBuffer second = channel.map(FileChannel.MapMode.READ_WRITE, 0, 20_000);
      first.put(10_000, (byte) 1);
      assertEquals(1, second.get(10_000));
      channel.force(true);
      second.put(10_000, (byte) 2);
      sync(disk.path());
      IoUtil.unmap(first);
      IoUtil.unmap(second);
    }

    cutAndMount(StrictDisk.LEAST);

    byte[] bytes = Files.readAllBytes(file);
    assertEquals(20_000, bytes.length);
    assertEquals(1, bytes[10_000]);
  }

  @Test
  void afterTheCutEveryCallFailsUntilItIsMountedAgain() throws IOException, InterruptedException {
    disk.cut(StrictDisk.LEAST);

    IOException failure = assertThrows(IOException.class, () -> write("file", "text"));
    assertTrue(String.valueOf(failure.getMessage()).contains("Input/output error"));
    disk.unmount();
    disk.mount();
    assertEquals(Set.of(), names(disk.path()));
  }

  @Test
  void orderlyUnmountLosesNothing() throws IOException, InterruptedException {
    Path file = write("file", "text");

    disk.unmount();
    disk.mount();
    assertEquals("text", Files.readString(file));
    cutAndMount(StrictDisk.LEAST);

    assertEquals("text", Files.readString(file));
  }

  @Test
  void namesAreThoseOfAnyFileSystem() throws IOException {
    Path inner = Files.createDirectory(disk.path().resolve("inner"));
    Object before = Files.getAttribute(inner, "lastModifiedTime");
    Path file = write("inner/file", "text");
    assertFalse(before.equals(Files.getAttribute(inner, "lastModifiedTime")));
    Path other = Files.createLink(disk.path().resolve("other"), file);

    assertEquals(2, Files.getAttribute(file, "unix:nlink"));
    assertTrue(Files.isSameFile(file, other));
    assertThrows(DirectoryNotEmptyException.class, () -> Files.delete(inner));
    assertThrows(FileAlreadyExistsException.class, () -> Files.createDirectory(inner));
    Files.delete(file);
    Files.delete(inner);
    assertEquals(1, Files.getAttribute(other, "unix:nlink"));
    for (int i = 0; i < 2_000; i++) {
      write("file-with-a-name-of-some-length-" + i, "x");
    }
    assertEquals(2_001, names(disk.path()).size());
    assertEquals(List.of("text"), Files.readAllLines(other, UTF_8));
  }

  @Test
  void diskIsUnmountedWhenItsStarterIsGone() throws IOException, InterruptedException {
    Path mountPoint = Files.createDirectory(directory.resolve("orphan"));
    Process server =
        new ProcessBuilder(directory.resolve("strictfs").toString(), mountPoint.toString()).start();
    server.getOutputStream().write("mount\n".getBytes(UTF_8));
    server.getOutputStream().flush();
    assertEquals("ok", server.inputReader(UTF_8).readLine());
    Files.writeString(mountPoint.resolve("file"), "text");

    server.getOutputStream().close();

    assertEquals(0, server.waitFor());
    assertEquals(Set.of(), names(mountPoint));
  }
}
