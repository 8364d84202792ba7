package io.warmstart.stress.worker;

import io.warmstart.stress.frame.Run;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Savers and readers of two machines with one remote, as many of each, and each machine with both.
 *
 * <p><b>Threads:</b> for the scenario's own.
 */
public final class RemoteFleet implements AutoCloseable {
  private static final long END_SECONDS = 90;

  private final Run run;
  private final Path directory;
  private final URI url;
  private final Duration wait;
  private final int savers;
  private final List<Member> members = new ArrayList<>();
  private int workers;

  /**
   * Starts all.
   *
   * @param wait for how long a process waits for the remote
   */
  public RemoteFleet(Run run, Path directory, URI url, Duration wait) throws IOException {
    this.run = run;
    this.directory = directory;
    this.url = url;
    this.wait = wait;
    // One on each machine.
    this.savers = Math.max(2, run.options().processes() / 2);
    for (int slot = 0; slot < savers; slot++) {
      members.add(new Member(RemoteWorkCommand.SAVER, slot));
      members.add(new Member(RemoteWorkCommand.READER, slot));
    }
  }

  public int savers() {
    return savers;
  }

  /** The root of one of the two machines. */
  public static Path root(Path directory, int machine) {
    return directory.resolve("machine-" + machine % 2);
  }

  /** The board that they write on. */
  public static Path board(Path directory) {
    return directory.resolve("board");
  }

  /** Whether each of them is at work. */
  public boolean allAtWork() {
    return members.stream().allMatch(each -> each.atWork);
  }

  /** Kills one that is at work, and starts another in its place; returns whether there was one. */
  public boolean killOne() throws IOException, InterruptedException {
    int victim = run.random().nextInt(members.size());
    Member member = members.get(victim);
    // One that has done nothing yet would die for nothing.
    if (!member.atWork) {
      return false;
    }
    member.process.kill();
    members.set(victim, new Member(member.role, member.slot));
    return true;
  }

  /** Kills all, so that something is left unsent. */
  public void killAll() throws InterruptedException {
    for (Member each : members) {
      each.process.kill();
    }
  }

  /** Has all end in order. */
  public void end() throws IOException, InterruptedException {
    for (Member each : members) {
      each.process.tellToStop();
    }
    for (Member each : members) {
      each.process.awaitEnd(END_SECONDS);
    }
  }

  @Override
  public void close() {
    members.forEach(each -> each.process.close());
  }

  /** One process, and what it says. */
  private final class Member {
    private final String role;
    private final int slot;
    private final HeardProcess process;
    private volatile boolean atWork;

    Member(String role, int slot) throws IOException {
      this.role = role;
      this.slot = slot;
      ProcessBuilder builder =
          Launch.PLAIN
              .process(
                  List.of(
                      RemoteWorkCommand.NAME,
                      role,
                      root(directory, slot).toString(),
                      url.toString(),
                      board(directory).toString(),
                      Integer.toString(savers),
                      Integer.toString(slot),
                      Integer.toString(workers++),
                      Long.toString(run.random().nextInt(Integer.MAX_VALUE)),
                      Long.toString(wait.toMillis())))
              // What a store tells in its log of a remote that is away is no complaint.
              .redirectError(ProcessBuilder.Redirect.appendTo(directory.resolve("log").toFile()));
      this.process = new HeardProcess(run, role, builder, this::hear);
    }

    private void hear(String line) {
      if (line.startsWith(RemoteWorkCommand.COUNT)) {
        atWork = true;
        run.count(line.substring(RemoteWorkCommand.COUNT.length()), 1);
      } else if (line.startsWith(RemoteWorkCommand.COMPLAINT)) {
        run.problem(role + ": " + line.substring(RemoteWorkCommand.COMPLAINT.length()));
      } else if (!line.equals(RemoteWorkCommand.READY)) {
        run.problem(role + " says: " + line);
      }
    }
  }
}
