package io.warmstart.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A file that another machine replaces under its reader is read again, and not for ever. */
class RereadsTest {
  private static final long PATIENCE = TimeUnit.MILLISECONDS.toNanos(50);

  /** With waits of 1, 2, 4, 8, 16 and 32 ms between them, no more fit into the patience. */
  private static final int MOST_TRIES = 8;

  private int tries;

  private static IOException stale() {
    return new FileSystemException("/mnt/r.json", null, "Stale file handle");
  }

  private Uninterrupted.Step<String> failing(int times, IOException failure) {
    return () -> {
      if (tries++ < times) {
        throw failure;
      }
      return "read";
    };
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Stale file handle",
        "Stale NFS file handle",
        "Bad file descriptor",
        "No such file or directory",
        "Veraltete Dateizugriffsnummer (file handle)"
      })
  void whatTheKernelCallsStaleInAnyLanguageIsReadAgain(String text) throws IOException {
    for (IOException failure :
        new IOException[] {new IOException(text), new FileSystemException("f", null, text)}) {
      tries = 0;
      assertEquals("read", Rereads.besideOtherMachines().call(failing(3, failure)));
      assertEquals(4, tries);
    }
  }

  @Test
  void otherFailuresAreToldAtOnce() {
    IOException[] failures = {
      new IOException("Input/output error"),
      new FileSystemException("f", null, "Permission denied"),
      new IOException("ours", new OutOfMemoryError()),
      new NoSuchFileException("f"),
      new AccessDeniedException("f")
    };
    for (IOException failure : failures) {
      tries = 0;
      assertSame(
          failure,
          assertThrows(
              IOException.class, () -> Rereads.besideOtherMachines().call(failing(1000, failure))));
      assertEquals(1, tries, failure::toString);
    }
  }

  @Test
  void whereThisMachineWritesAloneNothingIsReadAgain() {
    assertThrows(IOException.class, () -> Rereads.LOCAL.call(failing(1, stale())));
    assertEquals(1, tries);
  }

  @Test
  void whatStaysStaleIsAnErrorAndTheNextSuchStepCostsLess() {
    Rereads rereads = Rereads.besideOtherMachines(PATIENCE, 0);
    assertThrows(IOException.class, () -> rereads.call(failing(1000, stale())));
    assertTrue(tries > 2 && tries <= MOST_TRIES, "tries: " + tries);
    tries = 0;
    assertThrows(IOException.class, () -> rereads.call(failing(1000, stale())));
    assertEquals(2, tries);
  }

  /** A thread that is being cancelled parks for no time at all: it spun, and read all the while. */
  @Test
  void anInterruptNeitherShortensTheWaitsNorIsLost() {
    Rereads rereads = Rereads.besideOtherMachines(PATIENCE, 0);
    Thread.currentThread().interrupt();
    assertThrows(IOException.class, () -> rereads.call(failing(1000, stale())));
    assertTrue(Thread.interrupted());
    assertTrue(tries <= MOST_TRIES, "tries: " + tries);
    assertFalse(Thread.interrupted());
  }
}
