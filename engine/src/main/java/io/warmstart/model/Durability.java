package io.warmstart.model;

/**
 * What a save survives from the moment in which it returns. Whatever it is, every process of this
 * library finds the save at once, and after a crash there is the old version or the new one, whole.
 *
 * <p>{@link #POWER_SAFE} and {@link #PROCESS_SAFE} saves go into the process's own segment of the
 * journal, and become pairs of files in the background, a second later: until then programs that
 * read the files alone do not see them. Where there can be no journal (on a file system that is a
 * network's or copies on each write, beside the original store, with a payload larger than a
 * quarter of a segment, which is 2 MiB with the default budget and few processes, with a budget
 * below 64 MiB, without room or index) they are {@link #IN_FILES}, which is more; so is the first
 * overwrite of each run id by each process.
 */
public enum Durability {
  /** A power cut; the pair itself is in place, for every program to see. */
  IN_FILES,

  /** A power cut; the default. Takes one sync of blocks that are there already. */
  POWER_SAFE,

  /**
   * The death of every process, but not of the machine: after a power cut the version before may be
   * there, of what was saved since the last pair was made, a second ago mostly. Takes no sync, and
   * no system call but those of a lock and, every 10 ms, two looks at files; above 64 KiB an open
   * and writes.
   */
  PROCESS_SAFE
}
