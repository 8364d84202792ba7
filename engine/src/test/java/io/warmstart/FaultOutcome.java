package io.warmstart;

import io.warmstart.io.FaultyFileOps.Fault;
import io.warmstart.io.ObservedFileOps.FileOp;
import io.warmstart.model.DurabilityUnknownException;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.StoreException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What came of one operation that met one fault. */
final class FaultOutcome {
  final Path root;
  final Fault fault;
  final boolean persistent;
  final long index;

  /** The first operation on files that met the fault; null if none did. */
  @Nullable FileOp failed;

  /** What the operation threw; null if it returned. */
  @Nullable StoreException thrown;

  /** The version that the operation has read; null if it has read none. */
  @Nullable String read;

  /** The run id that the operation has read or saved. */
  @Nullable String runId;

  /** What a sweep told. */
  @Nullable EvictionReport report;

  FaultOutcome(Path root, Fault fault, boolean persistent, long index) {
    this.root = root;
    this.fault = fault;
    this.persistent = persistent;
    this.index = index;
  }

  /** Whether people and siblings cause it, and not the disk: nothing may fail for that. */
  boolean caused() {
    return fault == Fault.VANISHED || fault == Fault.INTERRUPT;
  }

  /** Whether a failed save says that it will be completed. */
  boolean cutOff() {
    return thrown instanceof DurabilityUnknownException
        && String.valueOf(thrown.getMessage()).contains("was cut off and will be completed");
  }

  @Override
  public String toString() {
    return fault
        + (persistent ? " from index " : " at index ")
        + index
        + " = "
        + failed
        + ", thrown="
        + thrown
        + ", read="
        + read;
  }
}
