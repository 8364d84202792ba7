package io.warmstart.stress.worker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.warmstart.model.Durability;

/**
 * What a worker is to do. Handed over as JSON on its command line.
 *
 * @param worker its number, which no other process of the round has
 * @param root the root under test
 * @param histories where it writes its history
 * @param seed of its choices
 * @param mix what it does how often
 * @param foreign whether it works as a store that knows no lock of ours
 * @param keys the number of keys
 * @param runs the number of shared run ids of each key
 * @param mostPayloadBytes the longest payload
 * @param budgetBytes the budget of its store
 * @param ttlSeconds the TTL of its store; 0 = never
 * @param mostOperations after which it ends by itself; 0 = only when told
 * @param threads how many threads work at once, each with a history and versions of its own
 * @param localDirectory where its machine keeps locks and index, if it is one of several; else
 *     empty
 * @param clockFile a file that says by how many nanoseconds its clock is off; empty = it is not
 * @param durability of its store
 * @param mostPauseMicros how long it rests at most after each save
 */
public record WorkerPlan(
    int worker,
    String root,
    String histories,
    long seed,
    Mix mix,
    boolean foreign,
    int keys,
    int runs,
    int mostPayloadBytes,
    long budgetBytes,
    long ttlSeconds,
    long mostOperations,
    String clockFile,
    int threads,
    String localDirectory,
    Durability durability,
    int mostPauseMicros) {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final int MOST_THREADS = 8;

  /** A plan with the usual sizes: 4 keys, 2 shared runs, 1 KiB, a budget that nothing reaches. */
  public static WorkerPlan of(int worker, String root, String histories, long seed, Mix mix) {
    return new WorkerPlan(
        worker,
        root,
        histories,
        seed,
        mix,
        false,
        4,
        2,
        1024,
        1L << 40,
        0,
        0,
        "",
        1,
        "",
        Durability.IN_FILES,
        0);
  }

  /** The same under another number. */
  public WorkerPlan withWorker(int number) {
    return new WorkerPlan(
        number,
        root,
        histories,
        seed,
        mix,
        foreign,
        keys,
        runs,
        mostPayloadBytes,
        budgetBytes,
        ttlSeconds,
        mostOperations,
        clockFile,
        threads,
        localDirectory,
        durability,
        mostPauseMicros);
  }

  /** The same with another budget. */
  public WorkerPlan withBudgetBytes(long bytes) {
    return new WorkerPlan(
        worker,
        root,
        histories,
        seed,
        mix,
        foreign,
        keys,
        runs,
        mostPayloadBytes,
        bytes,
        ttlSeconds,
        mostOperations,
        clockFile,
        threads,
        localDirectory,
        durability,
        mostPauseMicros);
  }

  /** The same with other keys and shared runs. */
  public WorkerPlan withKeys(int number, int sharedRuns) {
    return new WorkerPlan(
        worker,
        root,
        histories,
        seed,
        mix,
        foreign,
        number,
        sharedRuns,
        mostPayloadBytes,
        budgetBytes,
        ttlSeconds,
        mostOperations,
        clockFile,
        threads,
        localDirectory,
        durability,
        mostPauseMicros);
  }

  /** The same with another longest payload. */
  public WorkerPlan withMostPayloadBytes(int bytes) {
    return new WorkerPlan(
        worker,
        root,
        histories,
        seed,
        mix,
        foreign,
        keys,
        runs,
        bytes,
        budgetBytes,
        ttlSeconds,
        mostOperations,
        clockFile,
        threads,
        localDirectory,
        durability,
        mostPauseMicros);
  }

  /** The same by several threads. */
  public WorkerPlan withThreads(int number) {
    return new WorkerPlan(
        worker,
        root,
        histories,
        seed,
        mix,
        foreign,
        keys,
        runs,
        mostPayloadBytes,
        budgetBytes,
        ttlSeconds,
        mostOperations,
        clockFile,
        number,
        localDirectory,
        durability,
        mostPauseMicros);
  }

  /** The number under which the first of its threads writes its history. */
  public int firstHistory() {
    return worker * MOST_THREADS;
  }

  /** The plan of one thread, under a number that no thread of any other worker has. */
  WorkerPlan ofThread(int thread) {
    return withWorker(firstHistory() + thread).withSeed(seed + thread);
  }

  private WorkerPlan withSeed(long other) {
    return new WorkerPlan(
        worker,
        root,
        histories,
        other,
        mix,
        foreign,
        keys,
        runs,
        mostPayloadBytes,
        budgetBytes,
        ttlSeconds,
        mostOperations,
        clockFile,
        threads,
        localDirectory,
        durability,
        mostPauseMicros);
  }

  /** The same with another durability. */
  public WorkerPlan withDurability(Durability wanted) {
    return new WorkerPlan(
        worker,
        root,
        histories,
        seed,
        mix,
        foreign,
        keys,
        runs,
        mostPayloadBytes,
        budgetBytes,
        ttlSeconds,
        mostOperations,
        clockFile,
        threads,
        localDirectory,
        wanted,
        mostPauseMicros);
  }

  /** The same with a rest after each save, where saves would come faster than can be checked. */
  public WorkerPlan withMostPauseMicros(int micros) {
    return new WorkerPlan(
        worker,
        root,
        histories,
        seed,
        mix,
        foreign,
        keys,
        runs,
        mostPayloadBytes,
        budgetBytes,
        ttlSeconds,
        mostOperations,
        clockFile,
        threads,
        localDirectory,
        durability,
        micros);
  }

  /** The same with an end of its own. */
  public WorkerPlan withMostOperations(long operations) {
    return new WorkerPlan(
        worker,
        root,
        histories,
        seed,
        mix,
        foreign,
        keys,
        runs,
        mostPayloadBytes,
        budgetBytes,
        ttlSeconds,
        operations,
        clockFile,
        threads,
        localDirectory,
        durability,
        mostPauseMicros);
  }

  /** The same by a store that knows no lock. */
  public WorkerPlan asForeign() {
    return new WorkerPlan(
        worker,
        root,
        histories,
        seed,
        mix,
        true,
        keys,
        runs,
        mostPayloadBytes,
        budgetBytes,
        ttlSeconds,
        mostOperations,
        clockFile,
        threads,
        localDirectory,
        durability,
        mostPauseMicros);
  }

  /** The same on a machine that has its own path to the root, and memory of its own. */
  public WorkerPlan onMachine(String itsRoot, String itsDirectory) {
    return new WorkerPlan(
        worker,
        itsRoot,
        histories,
        seed,
        mix,
        foreign,
        keys,
        runs,
        mostPayloadBytes,
        budgetBytes,
        ttlSeconds,
        mostOperations,
        clockFile,
        threads,
        itsDirectory,
        durability,
        mostPauseMicros);
  }

  /** The same by a clock that somebody else sets, with entries that expire by it. */
  public WorkerPlan withClock(String file, long ttl) {
    return new WorkerPlan(
        worker,
        root,
        histories,
        seed,
        mix,
        foreign,
        keys,
        runs,
        mostPayloadBytes,
        budgetBytes,
        ttl,
        mostOperations,
        file,
        threads,
        localDirectory,
        durability,
        mostPauseMicros);
  }

  String toJson() {
    try {
      return MAPPER.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  static WorkerPlan fromJson(String json) throws JsonProcessingException {
    return MAPPER.readValue(json, WorkerPlan.class);
  }
}
