package io.warmstart.stress.worker;

import io.warmstart.stress.frame.Run;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The workers of one round, on one root. What they complain of is a problem of the run.
 *
 * <p><b>Threads:</b> one.
 */
public final class Crew implements AutoCloseable {
  private static final long END_SECONDS = 60;

  private final Run run;
  private final Path root;
  private final Path histories;
  private final List<Member> members = new ArrayList<>();
  private final List<String> told = new ArrayList<>();
  private int numbers;

  /** A crew on a root that need not exist yet; its histories lie in a directory of their own. */
  public Crew(Run run, Path root) throws IOException {
    this.run = run;
    this.root = root;
    this.histories = run.freshDirectory("histories");
  }

  /** The root. */
  public Path root() {
    return root;
  }

  /** Where the histories are. */
  public Path histories() {
    return histories;
  }

  /** A plan under the next number. */
  public WorkerPlan plan(Mix mix) {
    return WorkerPlan.of(
            numbers++, root.toString(), histories.toString(), run.random().nextLong(), mix)
        .withDurability(run.options().durability());
  }

  /** Starts a worker; it waits to be told to go. */
  public Member start(WorkerPlan plan, Launch launch) throws IOException {
    Member member = new Member(plan, launch, this::hear);
    members.add(member);
    return member;
  }

  /** Waits until all stand ready, looks whether their clocks agree with ours, and lets them go. */
  public void go() throws IOException, InterruptedException {
    for (Member member : members) {
      letGo(member);
    }
  }

  /** The same for one; false if it was killed before it stood ready. */
  public boolean letGo(Member member) throws IOException, InterruptedException {
    if (!member.awaitReady()) {
      if (!member.isAlive() && member.wasKilled()) {
        return false;
      }
      run.problem("did not start: " + member.epitaph());
      return false;
    }
    if (!member.clockAgrees()) {
      if (!member.isAlive() && member.wasKilled()) {
        return false;
      }
      throw new IOException("clocks of processes disagree: System.nanoTime() is not the machine's");
    }
    run.count("clocks compared", 1);
    member.go();
    return true;
  }

  /** All that were started, the dead too. */
  public List<Member> members() {
    return members;
  }

  /** Tells all to end, and waits for it. Who does not end, or not well, is a problem. */
  public void stop() throws IOException, InterruptedException {
    for (Member member : members) {
      member.stop();
    }
    for (Member member : members) {
      if (!member.awaitEnd(END_SECONDS)) {
        run.problem("does not end: " + member.epitaph());
        member.kill();
        member.awaitEnd(END_SECONDS);
      } else if (member.operations() < 0 && !member.wasKilled()) {
        run.problem("ended badly: " + member.epitaph());
      }
    }
  }

  /** Ends the programs that JVMs were started through, where the JVM is a zombie below them. */
  public void reap() throws InterruptedException {
    for (Member member : members) {
      if (member.isAlive() && member.isZombie()) {
        member.kill();
        member.awaitEnd(END_SECONDS);
      }
    }
  }

  /** What workers said besides complaints. */
  public List<String> told() {
    synchronized (told) {
      return List.copyOf(told);
    }
  }

  private void hear(String line) {
    if (line.startsWith(WorkCommand.COMPLAINT)) {
      run.problem(line.substring(WorkCommand.COMPLAINT.length()));
    } else {
      synchronized (told) {
        told.add(line);
      }
    }
  }

  @Override
  public void close() {
    for (Member member : members) {
      member.close();
    }
  }
}
