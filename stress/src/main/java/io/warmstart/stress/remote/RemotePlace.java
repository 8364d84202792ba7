package io.warmstart.stress.remote;

import java.io.IOException;
import java.net.URI;

/** Where a remote lies that the harness can take away. */
public interface RemotePlace extends AutoCloseable {
  /** What a report calls it. */
  String kind();

  /** Its address, the same for all processes. */
  URI url();

  /** From now on nobody reaches it; nothing in it is lost. */
  void takeAway() throws IOException;

  /** It is there again. */
  void bringBack() throws IOException;

  /** Removes what lies in it, where that is no directory of the run. */
  @Override
  void close() throws IOException;
}
