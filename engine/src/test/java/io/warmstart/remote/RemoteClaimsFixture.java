package io.warmstart.remote;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.Payloads;
import io.warmstart.claim.OtherMachines.Hold;
import io.warmstart.model.Digest256;
import io.warmstart.remote.store.FileObjectStore;
import io.warmstart.remote.store.ObjectStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Machines that share nothing but a remote, by a clock that stands still. */
abstract class RemoteClaimsFixture {
  static final Digest256 KEY = Payloads.key("fit").digest();
  static final long LEASE = TimeUnit.HOURS.toNanos(1);
  static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

  static final RemoteClaims.Entries NONE =
      new RemoteClaims.Entries() {
        @Override
        public void fetch(Digest256 key) {}

        @Override
        public void send(Digest256 key) {}
      };

  @TempDir Path work;
  final AtomicLong clock = new AtomicLong(-1_000);
  final List<RemoteClaims> machines = new ArrayList<>();
  ObjectStore objects;

  @BeforeEach
  void makeRemote() throws IOException {
    objects = new FileObjectStore(Files.createDirectory(work.resolve("remote")));
  }

  @AfterEach
  void end() {
    machines.forEach(RemoteClaims::close);
  }

  RemoteClaims machine() {
    return machine(objects);
  }

  RemoteClaims machine(ObjectStore store) {
    RemoteClaims made = new RemoteClaims(store, PATIENCE, NONE, clock::get);
    machines.add(made);
    return made;
  }

  /** Each machine has locks of its own. */
  static @Nullable Hold ask(RemoteClaims by, long leaseNanos) throws IOException {
    return by.tryTake(KEY, "machine " + System.identityHashCode(by), leaseNanos);
  }

  static Hold taken(RemoteClaims by) throws IOException {
    return taken(by, LEASE);
  }

  static Hold taken(RemoteClaims by, long leaseNanos) throws IOException {
    Hold taken = ask(by, leaseNanos);
    assertNotNull(taken);
    assertTrue(taken.isHeld());
    return taken;
  }

  long last() throws IOException {
    return new ClaimChain(objects, KEY).numbers().last();
  }
}
