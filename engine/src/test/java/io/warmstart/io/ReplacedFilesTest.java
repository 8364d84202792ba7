package io.warmstart.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.ObservedFileOps.FileOp;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class ReplacedFilesTest {
  private static final long NEVER = TimeUnit.HOURS.toNanos(1);

  @TempDir Path directory;
  private final OpenFiles ops = new OpenFiles();
  private Path payload;
  private Path manifest;

  /** Knows which files are open, and fails what it is told to. */
  private static final class OpenFiles extends ObservedFileOps {
    private final Set<String> open = new TreeSet<>();
    private final List<String> closers = new ArrayList<>();
    private Predicate<FileOp> failing = op -> false;
    private @Nullable CountDownLatch allClosed;

    OpenFiles() {
      super(new NioFileOps());
    }

    @Override
    protected synchronized <T extends @Nullable Object> T observe(
        FileOp op, Call<T> whole, Call<?> part) throws IOException {
      String name = op.path().getFileName().toString();
      boolean fails = failing.test(op);
      if (op.kind() == Kind.CLOSE) {
        open.remove(name);
        closers.add(Thread.currentThread().getName());
        if (open.isEmpty() && allClosed != null) {
          allClosed.countDown();
        }
      }
      if (fails) {
        part.run();
        throw new IOException("Input/output error");
      }
      T answer = whole.run();
      if (op.kind() == Kind.OPEN_FOR_READING) {
        open.add(name);
      }
      return answer;
    }

    synchronized Set<String> open() {
      return new TreeSet<>(open);
    }
  }

  @BeforeEach
  void writePair() throws IOException {
    payload = Files.write(directory.resolve("payload"), new byte[1000]);
    manifest = Files.write(directory.resolve("manifest"), new byte[10]);
  }

  /** Holds files as a save does, by what it has seen of them. */
  private static ReplacedFiles.Held hold(ReplacedFiles replaced, Path... files) {
    ReplacedFiles.Held held = replaced.hold();
    held.open(
        Stream.of(files)
            .map(file -> new ReplacedFiles.Replaced(file, factsOf(file)))
            .toArray(ReplacedFiles.Replaced[]::new));
    return held;
  }

  private static @Nullable FileFacts factsOf(Path file) {
    try {
      return new NioFileOps().stat(file);
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ReplacedFiles replacedFiles(int mostFiles, long mostBytes) {
    return new ReplacedFiles(ops, () -> mostFiles, mostBytes, NEVER);
  }

  @Test
  void bothAreOpenWhileTheyAreHeldAndWhileTheyWait() {
    try (ReplacedFiles replaced = replacedFiles(2, 2000)) {
      ReplacedFiles.Held held = hold(replaced, payload, manifest);
      assertEquals(Set.of("manifest", "payload"), ops.open());
      replaced.closeAll();
      assertEquals(Set.of("manifest", "payload"), ops.open(), "what a save holds waits not yet");

      held.close();
      assertEquals(Set.of("manifest", "payload"), ops.open());

      assertEquals(0, replaced.freed());

      replaced.closeAll();
      assertEquals(Set.of(), ops.open());
      assertEquals(2, replaced.freed());
      assertEquals(0, replaced.waiting());
    }
  }

  @Test
  void theyAreClosedByAThreadOfItsOwnWhenTheDelayIsOver() throws Exception {
    ops.allClosed = new CountDownLatch(1);
    try (ReplacedFiles replaced = new ReplacedFiles(ops, () -> 2, 2000, 1)) {
      hold(replaced, payload, manifest).close();
      assertTrue(ops.allClosed.await(30, TimeUnit.SECONDS));
      assertEquals(List.of("warmstart-late-close", "warmstart-late-close"), ops.closers);
    }
  }

  /** A thread found no descriptor, these became free, and it was told that there were none. */
  @Test
  void whatItsOwnThreadHasClosedIsToldOnceToAThreadThatIsShortOfDescriptors() {
    try (ReplacedFiles replaced = new ReplacedFiles(ops, () -> 2, 2000, 1)) {
      hold(replaced, payload, manifest).close();
      Await.answer(2L, replaced::freed);
      assertEquals(2, replaced.closeIdle());
      assertEquals(0, replaced.closeIdle());
    }
  }

  @Test
  void nothingIsHeldWhereThereIsNoRoomForMoreFiles() {
    try (ReplacedFiles replaced = replacedFiles(3, 1 << 20)) {
      hold(replaced, payload, manifest).close();
      hold(replaced, payload, manifest).close();
      assertEquals(List.of(), ops.closers, "not opened to be closed at once");
      assertEquals(2, replaced.waiting());

      replaced.closeAll();
      hold(replaced, payload, manifest).close();
      assertEquals(2, replaced.waiting());
    }
  }

  @Test
  void nothingIsHeldThatIsTooLarge() {
    try (ReplacedFiles replaced = replacedFiles(100, 999)) {
      hold(replaced, payload, manifest).close();
      assertEquals(Set.of("manifest"), ops.open());
    }
  }

  /** Two saves find room, and only one of them can have it. */
  @Test
  void aSaverThatComesLateClosesItsOwn() {
    for (boolean files : new boolean[] {true, false}) {
      try (ReplacedFiles replaced = files ? replacedFiles(2, 1 << 20) : replacedFiles(100, 1500)) {
        ReplacedFiles.Held first = hold(replaced, payload, manifest);
        ReplacedFiles.Held second = hold(replaced, payload, manifest);
        first.close();
        ops.closers.clear();
        second.close();
        String self = Thread.currentThread().getName();
        assertEquals(List.of(self, self), ops.closers);
        assertEquals(2, replaced.waiting());
      }
    }
  }

  @Test
  void closeClosesWhatWaitsAndWhatComesAfterIt() {
    ReplacedFiles replaced = replacedFiles(100, 1 << 20);
    ReplacedFiles.Held late = hold(replaced, payload);
    hold(replaced, manifest).close();
    replaced.close();
    assertEquals(Set.of("payload"), ops.open());

    late.close();
    assertEquals(Set.of(), ops.open());
    hold(replaced, payload).close();
    assertEquals(2, ops.closers.size(), "not opened any more");
    replaced.close();
  }

  @Test
  void whatIsNoFileIsNotOpened() throws Exception {
    Path missing = directory.resolve("missing");
    Path link = Files.createSymbolicLink(directory.resolve("link"), payload);
    Path pipe = directory.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    try (ReplacedFiles replaced = replacedFiles(100, 1 << 20)) {
      // A reader that opens a pipe waits until somebody writes.
      assertTimeoutPreemptively(
          Duration.ofSeconds(30), () -> hold(replaced, missing, link, pipe, directory).close());
      assertEquals(0, replaced.waiting());
      assertEquals(Set.of(), ops.open());
    }
  }

  @Test
  void faultsAtAnyOperationAreNobodysBusinessAndLeaveNothingOpen() {
    for (Kind kind : List.of(Kind.OPEN_FOR_READING, Kind.CLOSE)) {
      for (Path bad : List.of(payload, manifest)) {
        ops.failing = op -> op.kind() == kind && op.path().equals(bad);
        try (ReplacedFiles replaced = replacedFiles(100, 1 << 20)) {
          hold(replaced, payload, manifest).close();
          assertEquals(kind == Kind.CLOSE ? 2 : 1, replaced.waiting());
          replaced.closeAll();
          assertEquals(Set.of(), ops.open());
          assertEquals(0, replaced.waiting());
        }
      }
    }
  }

  @Test
  void withRoomForNoneNothingIsOpened() {
    ops.failing = op -> true;
    try (ReplacedFiles replaced = replacedFiles(0, 1 << 20)) {
      hold(replaced, payload, manifest).close();
      assertEquals(0, replaced.waiting());
    }
  }
}
