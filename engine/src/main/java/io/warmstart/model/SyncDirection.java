package io.warmstart.model;

/** Which way entries go between a root and a remote. */
public enum SyncDirection {
  /** From the root to the remote. */
  PUSH,
  /** From the remote to the root. */
  PULL,
  /** First one way, then the other. */
  BOTH
}
