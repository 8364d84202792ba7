package io.warmstart.remote;

import java.io.IOException;

/** What may hang in a remote, and is done by a thread that is not waited for. */
@FunctionalInterface
interface Transfer {
  /** Does it; returns what its caller wants to know. */
  boolean run() throws IOException;
}
