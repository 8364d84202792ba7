package io.warmstart.remote.store;

import io.warmstart.model.Payload;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Where objects lie that every machine may read. An object has a name, {@code <64 hex>/<name>}, and
 * bytes that never change; a remote is made of no more than this.
 *
 * <p>Each call may fail, take long, or have its effect although it fails; with {@link
 * RefusedException} if it would fail again. Safe for all threads.
 */
public interface ObjectStore extends AutoCloseable {
  /** What is told of it in messages: no secrets. */
  String name();

  /**
   * What tells this remote from another that comes in its place: a disk that is mounted, a
   * directory that was made again.
   *
   * @throws IOException if it is known not to be there
   */
  String identity() throws IOException;

  /**
   * The names of whole objects. One that was put before the call is among them; in no order. Of
   * all, those of a key that this user may not look at are left out.
   *
   * @param prefix what they begin with: {@code <64 hex>/}, or empty for all
   * @throws IOException if the store is not there, or cannot be asked
   */
  List<String> list(String prefix) throws IOException;

  /**
   * Reads an object.
   *
   * @param sink is given its bytes in order
   * @throws java.nio.file.NoSuchFileException if there is none of that name
   */
  void get(String name, Payload.Sink sink) throws IOException;

  /**
   * Whether an answer takes so long that two objects are to be asked for at the same time, although
   * the second may turn out not to be wanted.
   */
  default boolean isDistant() {
    return false;
  }

  /** How large an object may be. */
  default long mostBytes() {
    return Long.MAX_VALUE;
  }

  /**
   * Makes an object, whole and durable or not at all.
   *
   * @return false if there is one of that name, which is durable then: it may be the same, put by a
   *     call whose answer was lost
   */
  boolean putIfAbsent(String name, Payload bytes) throws IOException;

  /**
   * Has objects that a listing has told of survive a power cut of the machine that keeps them: the
   * process that put them may have died before that, or have been told that it failed.
   *
   * @param prefix of their key
   * @param names of all that matter, without the prefix
   */
  default void makeDurable(String prefix, List<String> names) throws IOException {}

  /** Removes an object; returns false if it is known that there was none. */
  boolean delete(String name) throws IOException;

  /**
   * When an object was put, by the clock of the machine that keeps it.
   *
   * @return empty if there is none
   */
  Optional<Instant> putAt(String name) throws IOException;

  /** Removes what is left of a prefix that no object has: a directory. */
  default void removeEmpty(String prefix) throws IOException {}

  /** Removes what puts have left that never ended, if they began more than a day ago. */
  void removeLeftovers() throws IOException;

  @Override
  void close();
}
