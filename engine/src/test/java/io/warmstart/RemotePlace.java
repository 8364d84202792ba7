package io.warmstart;

import io.warmstart.remote.store.ObjectStore;
import java.io.IOException;
import java.net.URI;

/** Where the remote of a test lies. */
interface RemotePlace extends AutoCloseable {
  /** Its address. */
  URI url();

  /** What lies there, also while nobody else reaches it. */
  ObjectStore objects();

  /** Has nobody reach it. */
  void takeAway() throws IOException;

  /** What is told of it then. */
  String toldThen();

  /** Has it be as it was. */
  void bringBack() throws IOException;

  @Override
  void close() throws IOException;
}
