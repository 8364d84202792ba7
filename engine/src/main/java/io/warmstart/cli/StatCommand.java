package io.warmstart.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.warmstart.WarmStartStore;
import io.warmstart.model.RemoteComparison;
import io.warmstart.model.RemoteOptions;
import io.warmstart.model.RootInspection;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreStats;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The state of a root over all processes. */
@Command(
    name = "stat",
    header = "Shows entries, bytes, hits, errors, live processes.",
    description = {
      "%nOver all processes of this machine; what is counted, is counted since the machine"
          + " started. The budget shown is the root's, or this command's --budget.%n%nWith --watch"
          + " the first look counts the files, as one without it does, and one each minute; those"
          + " in between go by the index, which learns of other programs within a minute.%n"
    },
    footer = {
      "%nExamples:",
      "  warmstart stat /tmp/fits",
      "  warmstart stat /tmp/fits --remote s3://bucket/fits",
      "  warmstart stat /tmp/fits --watch",
      "  warmstart stat /tmp/fits --watch --interval 0.5 --count 10 --json"
    })
final class StatCommand extends RootCommand {
  private static final Duration MOST_WAIT = Duration.ofSeconds(10);

  /** Home, and clear to the end: the lines above stay in the scroll-back as they were. */
  private static final String CLEAR_SCREEN = "\u001b[H\u001b[J";

  @Option(
      order = 1,
      names = "--watch",
      description =
          "Show it again and again, until interrupted, or until nobody reads it any more.")
  boolean watch;

  @Option(
      order = 2,
      names = "--interval",
      paramLabel = "SECONDS",
      converter = Arguments.IntervalArgument.class,
      description = "With --watch: the time between two looks. Default: 1.")
  @Nullable Duration interval;

  @Option(
      order = 3,
      names = "--count",
      paramLabel = "N",
      converter = Arguments.CountArgument.class,
      description = "With --watch: end after N looks.")
  @Nullable Long count;

  @Option(
      order = 4,
      names = "--remote",
      paramLabel = "URL",
      converter = Arguments.RemoteArgument.class,
      description =
          "Tell too whether this remote answers, and what of the root is not there, if that is found"
              + " out within ten seconds. Nothing goes there.")
  @Nullable RemoteOptions remote;

  @Spec CommandSpec spec;

  StatCommand(Streams streams) {
    super(streams);
  }

  @Override
  int run(Output output) throws InterruptedException {
    if (!watch && (interval != null || count != null)) {
      throw new ParameterException(
          spec.commandLine(), "--interval and --count: expected=--watch too actual=no --watch");
    }
    if (watch && remote != null) {
      throw new ParameterException(
          spec.commandLine(), "--remote: expected=no --watch actual=--watch");
    }
    try (WarmStartStore store = openForReading(output)) {
      if (watch) {
        watch(store, output);
      } else {
        State state = State.of(store, store.inspect());
        output.answer(remote == null ? state : withRemote(state, store, remote, output));
        noteNames(store, output);
      }
      return ExitCodes.DONE;
    }
  }

  private static Answer withRemote(
      State state, WarmStartStore store, RemoteOptions remote, Output output) {
    if (store.readOnly()) {
      output.note("the remote is not asked: the root was opened read-only");
      return state;
    }
    return new Compared(state, store.compare(remote, MOST_WAIT));
  }

  private void watch(WarmStartStore store, Output output) throws InterruptedException {
    Duration pause = interval == null ? Duration.ofSeconds(1) : interval;
    long looks = count == null ? Long.MAX_VALUE : count;
    boolean clear = streams.outIsTerminal() && !common.json;
    Looks at = new Looks(store);
    for (long look = 0; look < looks && !streams.readerLeft(); look++) {
      if (look > 0) {
        Thread.sleep(pause.toMillis());
      }
      State state = State.of(store, at.next());
      output.answer(new Block(state, clear, Instant.now().truncatedTo(ChronoUnit.SECONDS), look));
    }
  }

  /** The looks of a watch: a root of many keys is not listed each second. */
  private static final class Looks {
    private static final long COUNT_EVERY_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final WarmStartStore store;
    private @Nullable RootInspection counted;
    private long countedAt;

    Looks(WarmStartStore store) {
      this.store = store;
    }

    RootInspection next() {
      RootInspection last = counted;
      if (last != null && System.nanoTime() - countedAt < COUNT_EVERY_NANOS) {
        Optional<RootInspection> recorded = store.recorded();
        if (recorded.isPresent()) {
          return withOtherFiles(recorded.get(), last);
        }
      }
      counted = store.inspect();
      countedAt = System.nanoTime();
      return counted;
    }

    /** Of these the index knows nothing. */
    private static RootInspection withOtherFiles(RootInspection recorded, RootInspection last) {
      return new RootInspection(
          recorded.entries(),
          recorded.keys(),
          recorded.bytes(),
          recorded.quarantineBytes(),
          last.otherFiles(),
          last.otherBytes(),
          recorded.sizeBudgetBytes(),
          recorded.liveProcesses(),
          last.unreadableKeys());
    }
  }

  /** One look of a watch, in one write, so that a terminal does not flicker. */
  private record Block(State state, boolean clear, Instant now, long look) implements Answer {
    @Override
    public void writeText(Page page) {
      if (clear) {
        page.control(CLEAR_SCREEN);
      } else if (look > 0) {
        page.line("");
      }
      page.line("at              " + now);
      state.writeText(page);
    }

    @Override
    public void writeJson(JsonGenerator json) throws IOException {
      json.writeStringField("at", now.toString());
      state.writeJson(json);
    }
  }

  /** The root beside its remote. */
  private record Compared(State state, RemoteComparison remote) implements Answer {
    @Override
    public void writeText(Page page) {
      state.writeText(page);
      List<Page.Fact> lines = new ArrayList<>();
      lines.add(new Page.Fact("remote", remote.url()));
      lines.add(
          new Page.Fact(
              "answers",
              remote.answered().map(time -> "in " + time.toMillis() + " ms").orElse("no")));
      remote.failure().ifPresent(failure -> lines.add(new Page.Fact("failed", failure)));
      lines.add(new Page.Fact("not there yet", due()));
      page.facts(lines);
    }

    private String due() {
      if (remote.dueEntries().isEmpty()) {
        return remote.failure().isPresent()
            ? "unknown"
            : "unknown: not compared within " + MOST_WAIT.toSeconds() + " s";
      }
      return Quantities.count(remote.dueEntries().getAsLong(), "entry", "entries")
          + remote
              .oldestDue()
              .map(
                  oldest ->
                      ", "
                          + Quantities.size(remote.dueBytes().orElse(0))
                          + ", since "
                          + oldest.truncatedTo(ChronoUnit.SECONDS))
              .orElse("");
    }

    @Override
    public void writeJson(JsonGenerator json) throws IOException {
      state.writeJson(json);
      json.writeObjectFieldStart("remote");
      json.writeStringField("url", remote.url());
      json.writeBooleanField("reachable", remote.reachable());
      json.writeObjectField("answer_ms", remote.answered().map(Duration::toMillis).orElse(null));
      json.writeStringField("failure", remote.failure().orElse(null));
      number(json, "due_entries", remote.dueEntries());
      number(json, "due_bytes", remote.dueBytes());
      json.writeStringField("oldest_due", remote.oldestDue().map(Instant::toString).orElse(null));
      json.writeEndObject();
    }

    private static void number(JsonGenerator json, String name, OptionalLong value)
        throws IOException {
      if (value.isPresent()) {
        json.writeNumberField(name, value.getAsLong());
      } else {
        json.writeNullField(name);
      }
    }
  }

  private record State(
      Path root, RootInspection found, StoreStats stats, boolean readOnly, boolean hasBudget)
      implements Answer {
    private static final String FAILURES = "_failures";

    /** Counters with a line of their own. */
    private static final Set<StoreCounter> SHOWN =
        Set.of(
            StoreCounter.HITS,
            StoreCounter.MISSES,
            StoreCounter.SAVES,
            StoreCounter.EVICTED,
            StoreCounter.EXPIRED);

    static State of(WarmStartStore store, RootInspection found) {
      return new State(
          store.root(),
          found,
          store.stats(),
          store.readOnly(),
          RootCommand.hasBudget(store, found.sizeBudgetBytes()));
    }

    @Override
    public void writeText(Page page) {
      List<Page.Fact> lines = new ArrayList<>();
      lines.add(new Page.Fact("root", root.toString()));
      lines.add(
          new Page.Fact(
              "entries",
              found.entries() + " under " + Quantities.count(found.keys(), "key", "keys")));
      if (found.unreadableKeys() > 0) {
        lines.add(
            new Page.Fact(
                "unreadable",
                Quantities.count(found.unreadableKeys(), "key", "keys")
                    + " could not be listed; verify says why"));
      }
      lines.add(new Page.Fact("bytes", bytes()));
      lines.add(new Page.Fact("in quarantine", Quantities.size(found.quarantineBytes())));
      if (found.otherFiles() > 0) {
        lines.add(
            new Page.Fact(
                "not counted",
                Quantities.count(found.otherFiles(), "other file, ", "other files, ")
                    + Quantities.size(found.otherBytes())));
      }
      if (readOnly) {
        lines.add(new Page.Fact("counters", "unknown: the root was opened read-only"));
        page.facts(lines);
        return;
      }
      lines.add(new Page.Fact("live processes", stats.liveProcesses() + ", this one included"));
      Map<StoreCounter, Long> counters = stats.counters();
      lines.add(new Page.Fact("hits", counter(StoreCounter.HITS)));
      lines.add(new Page.Fact("misses", counter(StoreCounter.MISSES)));
      lines.add(new Page.Fact("saves", counter(StoreCounter.SAVES)));
      lines.add(
          new Page.Fact(
              "evictions",
              counter(StoreCounter.EVICTED) + ", expired " + counter(StoreCounter.EXPIRED)));
      lines.add(new Page.Fact("errors", errors(counters)));
      String others =
          counters.entrySet().stream()
              .filter(each -> each.getValue() != 0)
              .filter(each -> !SHOWN.contains(each.getKey()) && !isFailure(each.getKey()))
              .map(State::named)
              .collect(Collectors.joining(", "));
      if (!others.isEmpty()) {
        lines.add(new Page.Fact("also counted", others));
      }
      page.facts(lines);
    }

    private String bytes() {
      long budget = found.sizeBudgetBytes();
      if (!hasBudget) {
        return Quantities.size(found.bytes()) + " (the policy is damaged: nothing is evicted)";
      }
      String used = Quantities.size(found.bytes()) + " of " + Quantities.size(budget);
      double percent = 100.0 * found.bytes() / budget;
      if (budget == 0 || found.bytes() == 0) {
        return used;
      }
      return percent < 0.1
          ? used + " (under 0.1 %)"
          : String.format(Locale.ROOT, "%s (%.1f %%)", used, percent);
    }

    private String counter(StoreCounter counter) {
      return Long.toString(stats.count(counter));
    }

    private static boolean isFailure(StoreCounter counter) {
      return counter.label().endsWith(FAILURES);
    }

    private static String errors(Map<StoreCounter, Long> counters) {
      List<Map.Entry<StoreCounter, Long>> failures =
          counters.entrySet().stream()
              .filter(each -> isFailure(each.getKey()) && each.getValue() != 0)
              .toList();
      long sum = failures.stream().mapToLong(Map.Entry::getValue).sum();
      return failures.isEmpty()
          ? "0"
          : sum + ": " + failures.stream().map(State::named).collect(Collectors.joining(", "));
    }

    private static String named(Map.Entry<StoreCounter, Long> counter) {
      return counter.getKey().label().replace('_', ' ') + " " + counter.getValue();
    }

    @Override
    public void writeJson(JsonGenerator json) throws IOException {
      json.writeStringField("root", root.toString());
      json.writeNumberField("entries", found.entries());
      json.writeNumberField("keys", found.keys());
      json.writeNumberField("unreadable_keys", found.unreadableKeys());
      json.writeNumberField("bytes", found.bytes());
      json.writeNumberField("quarantine_bytes", found.quarantineBytes());
      json.writeNumberField("other_files", found.otherFiles());
      json.writeNumberField("other_bytes", found.otherBytes());
      if (!hasBudget) {
        json.writeNullField("size_budget_bytes");
      } else {
        json.writeNumberField("size_budget_bytes", found.sizeBudgetBytes());
      }
      json.writeBooleanField("read_only", readOnly);
      if (readOnly) {
        json.writeNullField("live_processes");
        json.writeNullField("counters");
        return;
      }
      json.writeNumberField("live_processes", stats.liveProcesses());
      json.writeObjectFieldStart("counters");
      for (Map.Entry<StoreCounter, Long> counter : stats.counters().entrySet()) {
        json.writeNumberField(counter.getKey().label(), counter.getValue());
      }
      json.writeEndObject();
    }
  }
}
