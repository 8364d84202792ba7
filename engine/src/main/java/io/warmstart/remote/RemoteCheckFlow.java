package io.warmstart.remote;

import io.warmstart.model.Payload;
import io.warmstart.model.RemoteCheck;
import io.warmstart.model.RemoteCheck.Step;
import io.warmstart.pair.StoreFailures;
import io.warmstart.remote.store.ObjectStore;
import io.warmstart.remote.store.RefusedException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/**
 * Finds out whether a remote does what a remote must. A server that takes a condition and ignores
 * it looks right until a second put: that is tried. The name is random, since one that all machines
 * used would be throttled.
 */
public final class RemoteCheckFlow {
  private static final byte[] FIRST = "first".getBytes(StandardCharsets.UTF_8);
  private static final byte[] SECOND = "other".getBytes(StandardCharsets.UTF_8);

  private final ObjectStore store;
  private final String prefix;
  private final String name;
  private final List<Step> steps = new ArrayList<>();

  private RemoteCheckFlow(ObjectStore store) {
    this.store = store;
    // As of a key that nobody has; and no half of a pair, so that no reader takes it for one.
    this.prefix = (hex() + hex()) + "/";
    this.name = prefix + "check~";
  }

  private static String hex() {
    return UUID.randomUUID().toString().replace("-", "");
  }

  /** Tries it, and removes what it has made. */
  public static RemoteCheck run(ObjectStore store) {
    RemoteCheckFlow flow = new RemoteCheckFlow(store);
    flow.run();
    return new RemoteCheck(store.name(), List.copyOf(flow.steps));
  }

  /** Returns what is wrong; empty if nothing is. */
  private interface Trial {
    String run() throws IOException;
  }

  private void run() {
    boolean begun =
        step(
            "an object can be made",
            () -> store.putIfAbsent(name, Payload.of(FIRST)) ? "" : "a random name was taken");
    boolean whole =
        begun
            && step("one of a name that is taken is refused", this::again)
            && step("it is as it was made", this::read)
            && step("a listing shows it at once", this::listed);
    // Also of what failed: a put without an answer may have made it.
    boolean removed = removal(whole ? "it can be removed" : "what was made is removed", begun);
    if (whole && removed) {
      step(
          "a listing does not show it any more",
          () -> store.list(prefix).isEmpty() ? "" : "it does");
    }
  }

  private boolean step(String what, Trial trial) {
    String found;
    try {
      found = trial.run();
    } catch (IOException e) {
      found = StoreFailures.describeWithFile(e);
    }
    steps.add(new Step(what, found.isEmpty(), found));
    return found.isEmpty();
  }

  /**
   * False if it is there still: also who may not remove can use a remote.
   *
   * @param made whether it is known to have been made: if not, that this is refused too says
   *     nothing
   */
  private boolean removal(String what, boolean made) {
    boolean[] refused = new boolean[1];
    boolean passed =
        step(
            what,
            () -> {
              try {
                return removed();
              } catch (RefusedException e) {
                refused[0] = true;
                return "";
              }
            });
    if (refused[0]) {
      steps.remove(steps.size() - 1);
      if (made) {
        steps.add(
            new Step(
                what,
                true,
                "not with these rights, with which what is superseded stays until a sweep with"
                    + " others; this stays: "
                    + name));
      }
    }
    return passed && !refused[0];
  }

  private String again() throws IOException {
    return store.putIfAbsent(name, Payload.of(SECOND))
        ? "it was put over the first: this remote ignores conditions (If-None-Match), and machines"
            + " that use it overwrite each other's objects"
        : "";
  }

  private String read() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    store.get(name, (piece, count) -> bytes.write(piece, 0, count));
    return Arrays.equals(bytes.toByteArray(), FIRST)
        ? ""
        : "expected=" + FIRST.length + " bytes as put actual=others, " + bytes.size() + " bytes";
  }

  private String listed() throws IOException {
    List<String> names = store.list(prefix);
    return names.equals(List.of(name)) ? "" : "expected=" + name + " actual=" + names;
  }

  private String removed() throws IOException {
    store.delete(name);
    store.removeEmpty(prefix);
    try {
      store.get(name, (piece, count) -> {});
      return "it is still there";
    } catch (NoSuchFileException e) {
      return "";
    }
  }
}
