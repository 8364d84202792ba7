package io.warmstart.process;

import io.warmstart.format.Owner;
import io.warmstart.model.Digest256;
import io.warmstart.model.StoreCounter;
import io.warmstart.process.ProcessTable.Liveness;
import java.io.IOException;
import java.nio.channels.FileLock;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The processes of this machine that work on the root, as this one knows them. A store for lookups
 * only is none of them, and takes everybody for alive. Safe for all threads.
 */
public final class Siblings implements AutoCloseable {
  private final @Nullable ProcessTable processTable;
  private final long ownBoot;

  /**
   * Makes those of one root.
   *
   * @param processTable null of a store for lookups only
   * @param ownBoot this process's own boot id
   */
  public Siblings(@Nullable ProcessTable processTable, long ownBoot) {
    this.processTable = processTable;
    this.ownBoot = ownBoot;
  }

  /** What the processes share, if this one takes part in it now. */
  public Optional<ControlFile> controlFile() {
    return processTable == null ? Optional.empty() : Optional.ofNullable(processTable.current());
  }

  /** The boot id of all who share the root's locks; this process's own where it shares none. */
  public long boot() {
    return processTable == null ? ownBoot : processTable.boot();
  }

  /** This process, as the names of what it stages give it. */
  public Owner owner() {
    return controlFile()
        .map(ControlFile::owner)
        // Without a row nobody can prove this process dead: its files stay until they are old.
        .orElseGet(() -> new Owner(0xffff_ffff, 0, ProcessHandle.current().pid()));
  }

  public Liveness liveness(Owner owner) {
    return processTable == null ? Liveness.ALIVE : processTable.liveness(owner);
  }

  /** How many are alive, with this one. */
  public int alive() {
    return processTable == null ? 0 : processTable.liveProcesses();
  }

  /** Whether a process has died on this root that nobody has noticed before. */
  public boolean noticeDeaths() {
    return processTable != null && processTable.noticeDeaths();
  }

  /** Has this process count as one that has died once it is gone. */
  public void leaveTraces() {
    if (processTable != null) {
      processTable.leaveTraces();
    }
  }

  /** Starts the thread that keeps this process's locks, if it does not run. */
  public void ensureLocksAreKept() {
    if (processTable != null) {
      processTable.ensureRunning();
    }
  }

  /**
   * Takes the lock that says whose a segment of the journal is. The kernel drops it with the
   * process.
   *
   * @return null if somebody has it, or there are no locks now
   */
  public @Nullable FileLock tryLockSegment(int segment) {
    try {
      return processTable == null
          ? null
          : processTable.lockFile().tryLock(LockFile.segmentByte(segment));
    } catch (IOException e) {
      return null;
    }
  }

  /**
   * Takes the lock under which segments of the dead are given up: who has not got one of those then
   * knows that its owner lives, or that it was given up before.
   *
   * @return null if somebody has it
   * @throws IOException if there are no locks now
   */
  public @Nullable FileLock tryLockGivingUp() throws IOException {
    return locks().lockFile().tryLock(LockFile.GIVING_UP_BYTE);
  }

  /** Releases such a lock. */
  public void releaseSegment(FileLock lock) {
    if (processTable != null) {
      processTable.lockFile().release(lock);
    }
  }

  /**
   * Claims a key: no other process of this machine, and nobody else in this one, gets it until it
   * is given back or this process dies.
   *
   * @return null if it is claimed already
   * @throws IOException if there are no locks now
   */
  public ClaimLocks.@Nullable Held tryClaim(Digest256 key) throws IOException {
    return locks().tryClaim(key);
  }

  /**
   * Tells those who share these locks from all others, on any machine: by the boot and the file.
   *
   * @throws IOException if the lock file is not there
   */
  public String lockSharers() throws IOException {
    return locks().lockSharers();
  }

  private ProcessTable locks() throws IOException {
    if (processTable == null) {
      throw new IOException("a store for lookups only has no locks");
    }
    return processTable;
  }

  /** Gives a claim back. */
  public void release(ClaimLocks.Held claim) {
    if (processTable != null) {
      processTable.release(claim);
    }
  }

  /** Which process has claimed a key; empty if none has, or the kernel does not say. */
  public OptionalLong claimer(Digest256 key) {
    return processTable == null ? OptionalLong.empty() : processTable.claimer(key);
  }

  /** Closes the lock file if its name no longer leads to it: where the root was moved. */
  public void closeReplacedLocks() {
    if (processTable != null) {
      processTable.closeIfReplaced();
    }
  }

  /** Each counter over all processes. */
  public Map<StoreCounter, Long> sums(Counters own) {
    ControlFile shared = controlFile().orElse(null);
    own.carryOver(shared);
    Map<StoreCounter, Long> sums = new EnumMap<>(StoreCounter.class);
    for (StoreCounter counter : StoreCounter.values()) {
      sums.put(counter, shared == null ? own.own(counter) : shared.sum(counter));
    }
    return Collections.unmodifiableMap(sums);
  }

  @Override
  public void close() {
    if (processTable != null) {
      processTable.close();
    }
  }
}
