package io.warmstart;

import io.warmstart.model.Payload;
import io.warmstart.remote.store.ObjectStore;
import io.warmstart.remote.store.RefusedException;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** A remote of which nothing may be removed, and whose objects may not be large. */
final class RestrictedObjectStore implements ObjectStore {
  private final ObjectStore store;
  private final long mostBytes;

  RestrictedObjectStore(ObjectStore store, long mostBytes) {
    this.store = store;
    this.mostBytes = mostBytes;
  }

  @Override
  public String name() {
    return store.name();
  }

  @Override
  public String identity() throws IOException {
    return store.identity();
  }

  @Override
  public List<String> list(String prefix) throws IOException {
    return store.list(prefix);
  }

  @Override
  public void get(String name, Payload.Sink sink) throws IOException {
    store.get(name, sink);
  }

  @Override
  public long mostBytes() {
    return mostBytes;
  }

  @Override
  public boolean putIfAbsent(String name, Payload bytes) throws IOException {
    return store.putIfAbsent(name, bytes);
  }

  @Override
  public boolean delete(String name) throws IOException {
    throw new RefusedException("delete " + name, new IOException("403"));
  }

  @Override
  public Optional<Instant> putAt(String name) throws IOException {
    return store.putAt(name);
  }

  @Override
  public void removeLeftovers() throws IOException {
    store.removeLeftovers();
  }

  @Override
  public void close() {
    store.close();
  }
}
