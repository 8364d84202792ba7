package io.warmstart.stress.fuzz;

import java.io.IOException;
import java.util.List;

/**
 * Something of the store that reads bytes which anybody may have changed. For one thread.
 *
 * <p>What an input leaves behind may be met by the next one, in targets that work on a root: there
 * the seed repeats a run, and a single input need not.
 */
interface FuzzTarget extends AutoCloseable {
  /** Its name on the command line. */
  String name();

  /** Whole inputs, of which damaged ones are made. */
  List<byte[]> corpus();

  /**
   * Hands an input to the code, and judges what it answers.
   *
   * @return what is wrong, in one line; empty if nothing is
   * @throws Exception which is wrong always: a target catches what its code may throw
   */
  String judge(byte[] input) throws Exception;

  @Override
  default void close() throws IOException {}
}
