package io.warmstart.model;

/**
 * Where a save has to be before it returns. Whatever is asked for, a save that has returned is in
 * the root, as its {@link Durability} says; a remote that does not answer fails none.
 */
public enum Acknowledgement {
  /** In the root. It goes to the remote, if there is one, in the background. */
  LOCAL,

  /**
   * In the root as a pair, whatever durability is asked for less, and in the remote, if that has
   * answered within {@link RemoteOptions#flushWait()}. {@code WarmStartStore.acknowledgement} tells
   * whether it has; if not, the save is {@link #LOCAL}, and goes there later, by itself.
   *
   * <p>What the remote has acknowledged every later {@code refresh} and {@code resume} finds, on
   * any machine, until it is superseded, expires or is removed.
   */
  REMOTE
}
