package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.FaultyFileOps;
import io.warmstart.io.FaultyFileOps.Fault;
import io.warmstart.io.ObservedFileOps.FileOp;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.model.Durability;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a store does with its journal meets a fault at any of its operations on files: at that one
 * alone, or from it on; at the journal's own files, or at any. Each round goes on in the root of
 * the one before it, and begins with looking for all that was saved there.
 *
 * <p>The error changes with the index, and what lasts begins at every fourth; {@code
 * -Dwarmstart.all=true} tries it at each.
 */
@Tag("slow")
@Tag("once")
class JournalFaultTest extends JournalFaultFixture {
  /** What is done in a round, while faults come. */
  private interface Flow {
    void act(Round round) throws IOException;
  }

  /** Tries a flow with the fault one operation later each time, until a round meets none. */
  private void tryAll(boolean persistent, boolean everywhere, int least, Flow flow)
      throws IOException {
    Predicate<FileOp> where = everywhere ? op -> true : this::isOfJournal;
    tryAll(persistent, where, !everywhere, least, true, flow);
  }

  private void tryAll(
      boolean persistent,
      Predicate<FileOp> where,
      boolean journalOnly,
      int least,
      boolean warm,
      Flow flow)
      throws IOException {
    for (long index = 0; ; index += persistent && !journalOnly && !ALL ? 4 : 1) {
      FaultyFileOps ops = new FaultyFileOps();
      Fault fault = at(index, persistent);
      try {
        round(ops, where, journalOnly, warm, flow, fault, persistent, index);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError(
            fault + (persistent ? " from " : " at ") + index + " = " + ops.failed(), e);
      }
      if (ops.failed() == null) {
        assertTrue(index >= least, "operations: expected>=" + least + " actual=" + index);
        break;
      }
    }
    try (Round round = new Round(new FaultyFileOps(), false)) {
      checkFound(round.reader);
      warmUp(round);
      // Has what the dead have left adopted, and what they had begun to make removed.
      round.powerSafe.contents(a.key);
    }
    assertEquals(List.of(), segments());
  }

  private void round(
      FaultyFileOps ops,
      Predicate<FileOp> where,
      boolean journalOnly,
      boolean warm,
      Flow flow,
      Fault fault,
      boolean persistent,
      long index)
      throws IOException {
    try (Round round = new Round(ops, journalOnly)) {
      checkFound(round.reader);
      if (!segments().isEmpty()) {
        // Has what the dead have left adopted.
        round.powerSafe.contents(a.key);
        checkFound(round.reader);
      }
      fresh.clear();
      if (warm) {
        warmUp(round);
      }
      ops.onlyAt(where);
      ops.arm(fault, persistent, index, root);
      try {
        flow.act(round);
      } finally {
        ops.disarm();
      }
      assertEquals(List.of(), ops.violations());
      if (ops.failed() == null) {
        assertNull(round.thrown, "failed without a fault");
      }
      if (!round.closed) {
        checkGoesOn(round);
      }
    }
  }

  /** A segment is made by the journal's thread; its zeros are many writes. */
  @ParameterizedTest
  @MethodSource("faults")
  void makingOfASegment(boolean persistent, boolean everywhere) throws IOException {
    AtomicInteger writes = new AtomicInteger();
    Predicate<FileOp> where =
        op ->
            isOfThread("warmstart-journal")
                && (everywhere || isOfJournal(op) || isOfDirectory(op))
                && (op.kind() != Kind.WRITE || writes.getAndIncrement() % 100 == 0);
    tryAll(
        persistent,
        where,
        true,
        10,
        false,
        round -> {
          long before = round.journalled();
          Await.until(
              "a segment is made, or not",
              () -> {
                round.save(a, Durability.PROCESS_SAFE, SMALL);
                return round.journalled() > before || round.ops.failed() != null;
              });
          round.save(a, Durability.POWER_SAFE, SMALL);
          round.save(b, Durability.PROCESS_SAFE, SMALL);
        });
  }

  private boolean isOfDirectory(FileOp op) {
    return op.path().equals(root.resolve(".warmstart"));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void saves(boolean persistent, boolean everywhere) throws IOException {
    tryAll(
        persistent,
        everywhere,
        5,
        round -> {
          for (Durability durability : List.of(Durability.PROCESS_SAFE, Durability.POWER_SAFE)) {
            round.save(a, durability, SMALL);
            round.saveFresh(durability);
            round.save(a, durability, LARGE);
          }
          round.save(b, Durability.PROCESS_SAFE, SMALL);
        });
  }

  @ParameterizedTest
  @MethodSource("faults")
  void reservedSaves(boolean persistent, boolean everywhere) throws IOException {
    tryAll(
        persistent,
        everywhere,
        1,
        round -> {
          try (Reservation small = round.reserve(a, Durability.PROCESS_SAFE, SMALL);
              Reservation large = round.reserve(a, Durability.POWER_SAFE, LARGE);
              Reservation aborted = round.reserve(b, Durability.POWER_SAFE, SMALL);
              Reservation left = round.reserve(b, Durability.PROCESS_SAFE, SMALL)) {
            round.save(b, Durability.PROCESS_SAFE, SMALL);
            round.commit(a, large, Durability.POWER_SAFE);
            aborted.buffer().putBytes(0, Versions.payload("aborted", SMALL));
            aborted.abort();
            left.buffer().putBytes(0, Versions.payload("left", SMALL));
            round.save(b, Durability.POWER_SAFE, SMALL);
            round.commit(a, small, Durability.PROCESS_SAFE);
          }
          round.look(b);
        });
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void pairsOfRecords(boolean persistent) throws IOException {
    tryAll(
        persistent,
        op -> true,
        false,
        20,
        true,
        round -> {
          round.save(a, Durability.PROCESS_SAFE, SMALL);
          round.save(b, Durability.PROCESS_SAFE, SMALL);
          round.save(b, Durability.POWER_SAFE, SMALL);
          round.flush();
          round.look(a);
          round.look(b);
        });
  }

  /** One fault: from one on, a removal waits for half a minute before it fails. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void removals(boolean everywhere) throws IOException {
    tryAll(
        false,
        everywhere,
        10,
        round -> {
          round.save(a, Durability.PROCESS_SAFE, SMALL);
          round.save(b, Durability.POWER_SAFE, SMALL);
          round.remove(a);
          round.remove(b);
          round.save(b, Durability.PROCESS_SAFE, SMALL);
          round.remove(b);
        });
  }

  /** Its header is synced, and records are appended to it as before. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anotherLifeOfASegment(boolean persistent) throws IOException {
    AtomicInteger headers = new AtomicInteger();
    Predicate<FileOp> where =
        op -> {
          boolean header =
              op.kind() == Kind.SYNC && isSegment(op.path()) && isOfThread("warmstart-journal");
          if (header) {
            headers.incrementAndGet();
          }
          return header || (isOfJournal(op) && !isOfThread("warmstart-journal"));
        };
    tryAll(
        persistent,
        where,
        true,
        1,
        true,
        round -> {
          headers.set(0);
          for (int i = 0; i < 4; i++) {
            round.save(a, Durability.PROCESS_SAFE, 2 * LARGE);
          }
          round.flush();
          Await.until(
              "a segment's header is synced, or not",
              () -> headers.get() > 0 || round.ops.failed() != null);
          round.save(a, Durability.PROCESS_SAFE, SMALL);
          round.save(a, Durability.POWER_SAFE, SMALL);
        });
    assertTrue(headers.get() > 0, "headers: " + headers);
  }

  private static boolean isOfThread(String name) {
    return Thread.currentThread().getName().equals(name);
  }

  private static boolean isSegment(Path path) {
    return path.getFileName().toString().matches("segment-[0-9a-f]{8}");
  }

  @ParameterizedTest
  @MethodSource("faults")
  void close(boolean persistent, boolean everywhere) throws IOException {
    tryAll(
        persistent,
        everywhere,
        3,
        round -> {
          round.save(a, Durability.PROCESS_SAFE, SMALL);
          round.save(b, Durability.POWER_SAFE, SMALL);
          round.close();
        });
  }
}
